// centre's page: commands to boxes, those that wait and the last that ended. Plain DOM; text goes in as text.
import type { Language, Words } from './vehicles.ts';

export interface PageCommand {
  id: string;
  device: string;
  name: string;
  at: number;
  expires: number | null;
  state: string;
  ended: number | null;
  reason?: string;
}

const states: Record<string, Words> = {
  waiting: { zh: '等待', en: 'waiting' },
  done: { zh: '完成', en: 'done' },
  failed: { zh: '失败', en: 'failed' },
  refused: { zh: '拒绝', en: 'refused' },
  expired: { zh: '过期', en: 'expired' },
  replaced: { zh: '被替代', en: 'replaced' },
  'guard-failed': { zh: '条件不再成立', en: 'no longer true' },
  unanswered: { zh: '无应答', en: 'unanswered' },
};
const until: Words = { zh: '有效至', en: 'until' };

/** The line of one command. */
export function commandItem(command: PageCommand, language: Language): HTMLElement {
  const { device, name, at, expires, state, ended, reason } = command;
  const clock = (ms: number) => new Date(ms).toLocaleString(language === 'zh' ? 'zh-CN' : 'en-GB');
  const node = document.createElement('li');
  const strong = document.createElement('strong');
  strong.textContent = states[state]?.[language] ?? state;
  const left = state === 'waiting' && expires !== null ? ` · ${until[language]} ${clock(expires)}` : '';
  const why = reason === undefined ? '' : ` · ${reason}`;
  node.append(strong, ` ${name} → ${device} · ${clock(ended ?? at)}${left}${why}`);
  return node;
}
