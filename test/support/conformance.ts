/** The one suite that every agent program must pass, run on the real program with only its model faked. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'vitest';
import type { AgentName } from './agent-cache.ts';
import { conformanceAgent, programFor, type Shared } from './conformance-agents.ts';
import { approvalCases } from './conformance-approvals.ts';
import { type Bench, createBench } from './conformance-bench.ts';
import { CASES, type CaseId } from './conformance-cases.ts';
import { endingCases } from './conformance-endings.ts';
import { sessionCases } from './conformance-sessions.ts';
import { turnCases } from './conformance-turn.ts';
import { type FakeLlm, startFakeLlm } from './fake-llm.ts';

const TEST_MS = 120_000;
const RUN: Readonly<Record<CaseId, (bench: Bench) => Promise<void>>> = {
  ...turnCases,
  ...approvalCases,
  ...sessionCases,
  ...endingCases,
};

export async function describeConformance(name: AgentName): Promise<void> {
  const agent = conformanceAgent(name);
  const cached = await programFor(agent);
  const program = 'program' in cached ? cached.program : '';
  let llm: FakeLlm;
  let shared: Shared | undefined;
  let bench: Bench;

  describe.skipIf('missing' in cached)(`${agent.name} ${agent.version}`, { timeout: TEST_MS }, () => {
    beforeAll(async () => {
      llm = await startFakeLlm();
      shared = await agent.share?.(program, llm);
    }, TEST_MS);
    afterAll(async () => {
      await shared?.stop();
      await llm?.stop();
    });
    beforeEach(() => {
      bench = createBench({ agent, program, llm, shared });
    });
    afterEach(() => bench.close());

    for (const id of Object.keys(CASES) as CaseId[]) {
      const absence = agent.absent[id];
      if (absence) console.warn(`SKIPPED: ${agent.name}: ${CASES[id]}. ${absence}`);
      test.skipIf(absence !== undefined)(CASES[id], async () => {
        await RUN[id](bench);
        await bench.nothingIsLeft();
      });
    }
  });
}
