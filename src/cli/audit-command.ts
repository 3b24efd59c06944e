import { existsSync } from 'node:fs';
import path from 'node:path';
import { CodedError } from '../base/errors.ts';
import type { DataDir } from '../bridge/host/data-dir.ts';
import { readAuditLines, verifyAuditLog } from '../bridge/store/audit-chain.ts';
import type { Print } from './bridge-commands.ts';
import { visibleText } from './visible-text.ts';

export interface AuditOptions {
  readonly format: 'json' | 'text';
  /** Checks the chain instead of printing it. */
  readonly verify: boolean;
}

/** `ctrlnode audit [--json] [--verify]`: reads the files themselves, so it needs no running bridge. */
export async function printAudit(dataDir: DataDir, { format, verify }: AuditOptions, print: Print): Promise<void> {
  const file = path.join(dataDir.bridge, 'audit.ndjson');
  if (!existsSync(file)) throw new CodedError('audit_missing', `There is no audit log yet: ${file} does not exist.`);
  if (verify) return await verifyChain(file, format, print);
  for await (const { text } of readAuditLines(file)) print(format === 'json' ? text : wordsOf(text));
}

async function verifyChain(file: string, format: AuditOptions['format'], print: Print): Promise<void> {
  const verified = await verifyAuditLog(file);
  if (format === 'json')
    print(JSON.stringify(verified.ok ? { ok: true, ...verified.value } : { ok: false, ...verified.error }));
  if (!verified.ok) throw new CodedError('audit_broken', verified.error.message);
  const { lines } = verified.value;
  if (format === 'text') print(`The chain is whole: ${lines} ${lines === 1 ? 'line' : 'lines'}.`);
}

function wordsOf(line: string): string {
  const { at, event, previous: _, ...facts } = parse(line);
  if (typeof at !== 'number' || typeof event !== 'string') return `not an audit line: ${visibleText(line)}`;
  const words = Object.entries(facts).map(([name, value]) => `${name}=${quoted(value)}`);
  return visibleText([new Date(at).toISOString(), event.padEnd(18), ...words].join('  ').trimEnd());
}

function parse(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

function quoted(value: unknown): string {
  return typeof value === 'string' && /^[\w:./-]+$/.test(value) ? value : JSON.stringify(value);
}
