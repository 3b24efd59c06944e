/** Set when the app is built (scripts/lib/desktop-build.ts): hooks for what tests cannot reach otherwise. */
declare const __TEST_HOOKS__: boolean;
