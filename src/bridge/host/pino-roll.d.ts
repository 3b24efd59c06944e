/** pino-roll 4 ships no types. Only what we use; see its README. */
declare module 'pino-roll' {
  interface PinoRollOptions {
    /** Path without number and extension. */
    readonly file: string;
    readonly extension?: string;
    /** Such as `10m`. */
    readonly size?: string;
    readonly limit?: { readonly count?: number };
    readonly mkdir?: boolean;
  }
  export default function build(options: PinoRollOptions): Promise<NodeJS.WritableStream>;
}
