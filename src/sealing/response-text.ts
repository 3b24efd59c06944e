import { CodedError } from '../base/errors.ts';

/** Larger than any answer that we expect; what sends more is not ours, and must not fill our memory. */
const ANSWER_MAX_BYTES = 2 * 1024 * 1024;

/** Reads the body of an answer as text, up to a bound. Throws CodedError `server_answer_invalid` beyond it. */
export async function readText(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  let text = '';
  let sizeBytes = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    sizeBytes += part.value.byteLength;
    if (sizeBytes > ANSWER_MAX_BYTES) {
      await reader.cancel();
      throw new CodedError('server_answer_invalid', 'The control plane’s answer is too large.');
    }
    text += decoder.decode(part.value, { stream: true });
  }
  return text + decoder.decode();
}
