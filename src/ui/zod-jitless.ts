import { config } from 'zod';

// The page's content security policy forbids eval, which zod otherwise tries once, and which a browser then reports.
config({ jitless: true });
