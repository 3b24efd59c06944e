/** Set when the app is built (scripts/lib/desktop-build.ts): hooks for what tests cannot reach otherwise. */
declare const __TEST_HOOKS__: boolean;
/** The installer carries a signature that the system checks. */
declare const __IS_SIGNED__: boolean;
