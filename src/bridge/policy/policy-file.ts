/**
 * `<bridgeDir>/policy.json`: the user's own rules, read again whenever the file changes. A file that cannot be read or
 * understood changes nothing: the rules before it stay, and `problem` says so. Without a file there are no rules, and
 * everything is asked. Lives from `start` to `dispose`.
 */
import { readFileSync, statSync, unwatchFile, watchFile } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Disposable } from '../../base/disposal.ts';
import { Emitter } from '../../base/emitter.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { ApprovalRequest } from '../../protocol/records/task-records.ts';
import type { Logger } from '../ports.ts';
import {
  decide,
  decideUnasked,
  type PolicyAnswer,
  type PolicyRule,
  parsePolicy,
  type Unasked,
} from './approval-policy.ts';

const POLICY_FILE = 'policy.json';
const SIZE_MAX_BYTES = 1024 * 1024;
/**
 * Asked for by name, not notified: whoever watches for a file that is not there watches its folder, which is the one that
 * a busy bridge writes to all the time.
 */
const LOOK_MS = 1_000;

export interface PolicyFileOptions {
  readonly bridgeDir: string;
  readonly logger: Logger;
}

export class PolicyFile implements Disposable {
  readonly #options: PolicyFileOptions;
  readonly #path: string;
  readonly #changed = new Emitter<void>();
  #rules: readonly PolicyRule[] = [];
  #problem: string | null = null;
  readonly #look = (): void => this.#load('change');

  /** Other rules are in force, or the problem is another. */
  readonly onDidChange = this.#changed.event;

  constructor(options: PolicyFileOptions) {
    this.#options = options;
    this.#path = path.join(options.bridgeDir, POLICY_FILE);
  }

  get status(): { readonly rules: number; readonly problem: string | null } {
    return { rules: this.#rules.length, problem: this.#problem };
  }

  start(): void {
    this.#load('start');
    watchFile(this.#path, { interval: LOOK_MS, persistent: false }, this.#look);
  }

  /** `unasked` where the user turned questions off. */
  decide(request: ApprovalRequest['request'], unasked?: Unasked): PolicyAnswer | undefined {
    const { bridgeDir } = this.#options;
    const context = { protectedFolder: bridgeDir, homeDir: homedir(), platform: process.platform };
    if (unasked) return decideUnasked(this.#rules, request, context, unasked);
    const decided = decide(this.#rules, request, context);
    return decided && { decision: decided.decision, by: { kind: 'policy', rule: decided.rule } };
  }

  dispose(): void {
    unwatchFile(this.#path, this.#look);
  }

  #load(when: 'start' | 'change'): void {
    const read = this.#read();
    const { logger } = this.#options;
    if (read.ok) {
      this.#rules = read.value;
      this.#problem = null;
      logger.info({ event: 'policy_read', rules: read.value.length });
    } else {
      const effect =
        when === 'start' ? 'Until it is corrected, everything is asked.' : 'The rules that were read before stay.';
      this.#problem = `The policy file ${this.#path} is not valid: ${read.error}. ${effect}`;
      logger.warn({ event: 'policy_invalid', problem: read.error });
    }
    this.#changed.fire();
  }

  #read(): Result<readonly PolicyRule[], string> {
    try {
      if (statSync(this.#path).size > SIZE_MAX_BYTES) return err('it is larger than 1 MB');
      return parsePolicy(readFileSync(this.#path, 'utf8'));
    } catch (error) {
      return codeOf(error) === 'ENOENT' ? ok([]) : err(messageOf(error));
    }
  }
}
