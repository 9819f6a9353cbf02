// agent/config: what is wrong with a site that somebody sends, in both languages. In: any value. Out: a site, or every
// fault with the path of its key. Never: more than MAX_FAULTS of them, or a value that the file's own schema would refuse.
import { z } from 'zod';
import { type Issue, plain } from './load.ts';
import { type Site, siteSchema } from './site.ts';

/** One fault: where, and what in both languages. */
export interface Fault {
  /** the keys to it, e.g. cameras.0.zones.1.polygon; empty: the whole */
  readonly path: string;
  readonly zh: string;
  readonly en: string;
}

export const MAX_FAULTS = 50;

const chinese = z.locales.zhCN().localeError;

/** What the schema's own checks say, in Chinese; what zod says has its own translation. */
const OWN: readonly [RegExp, string][] = [
  [/^must be letters, digits, dot, dash or underscore/, '只能用字母、数字、点、连字符和下划线，最多 64 个'],
  [/^must be a word of small letters/, '只能用小写字母、数字和连字符，以字母开头'],
  [/^five digits/, '应为五位数字'],
  [/^must be HH:MM/, '应为“时:分”，例如 08:30'],
  [/^from and to are the same/, '起止时间相同'],
  [/^must be a time zone/, '应为时区名，例如 Asia/Shanghai'],
  [/^a unit grid cell has 15 digits/, '单元网格编码应为 15 位数字'],
  [/^must be a name of ffmpeg's/, '应为 ffmpeg 的名称'],
  [/^"(.+)" stands twice$/, '“$1”重复'],
  [/^zone "(.+)": corner \[(.+)\] lies outside the picture of (.+)$/, '区域“$1”的顶点 [$2] 在 $3 画面之外'],
  [/^zone "(.+)" crosses itself: .* corner (\d+) and corner (\d+) meet$/, '区域“$1”的第 $2、第 $3 条边相交'],
  [/^zone "(.+)" has no area$/, '区域“$1”没有面积'],
  [/^line "(.+)": its end \[(.+)\] lies outside the picture of (.+)$/, '计数线“$1”的端点 [$2] 在 $3 画面之外'],
  [/^line "(.+)" has no length$/, '计数线“$1”太短'],
];

/** The Chinese of one of the schema's own messages; the message itself where there is none. */
export function inChinese(message: string): string {
  const found = OWN.find(([pattern]) => pattern.test(message));
  return found ? message.replace(found[0], found[1]).split('\n')[0]! : message;
}

const pathOf = (path: readonly PropertyKey[]) => path.map(String).join('.');

/** A whole site with its rules in it, or what is wrong with it. */
export function checkSite(value: unknown): { readonly site: Site } | { readonly faults: Fault[] } {
  const result = siteSchema.safeParse(value);
  if (!result.success) {
    const english = result.error.issues.flatMap((issue): Issue[] => plain(issue)).slice(0, MAX_FAULTS);
    const said = siteSchema.safeParse(value, { error: chinese });
    const translated = (said.error?.issues ?? []).flatMap((issue): Issue[] => plain(issue));
    const faults = english.map((issue, i) => {
      const zh = translated[i]?.message ?? issue.message;
      return { path: pathOf(issue.path), zh: inChinese(zh), en: issue.message };
    });
    return { faults };
  }
  const { profile, ...site } = result.data;
  if (typeof profile === 'string') {
    return {
      faults: [{ path: 'profile', zh: '规则须写在其中，不能是文件名', en: 'must be the rules themselves, not a file' }],
    };
  }
  return { site: { ...site, profile } };
}
