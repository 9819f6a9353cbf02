// agent/console page: language and theme: what the browser wants, what was chosen, remembered between visits.
import { computed, effect, signal } from '@preact/signals';
import { en, type Words } from './en.ts';
import { ago, clock } from './format.ts';
import { zh } from './zh.ts';

export type Lang = 'zh' | 'en';
export type Theme = 'system' | 'light' | 'dark' | 'sun';
export const THEMES: readonly Theme[] = ['system', 'light', 'dark', 'sun'];

function recall<T extends string>(key: string, allowed: readonly T[], otherwise: T): T {
  try {
    const value = localStorage.getItem(`kerbside.${key}`) as T | null;
    return value !== null && allowed.includes(value) ? value : otherwise;
  } catch {
    return otherwise;
  }
}

/** Storage may be forbidden: then the choice holds until the page is closed. */
function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`kerbside.${key}`, value);
  } catch {}
}

export const lang = signal<Lang>(recall('lang', ['zh', 'en'], navigator.language.startsWith('zh') ? 'zh' : 'en'));
export const theme = signal<Theme>(recall('theme', THEMES, 'system'));
export const words = computed<Words>(() => (lang.value === 'zh' ? zh : en));
/** A name that the box gives in both languages. */
export const inLang = (name: { zh: string; en: string }): string => name[lang.value];

/** The box's time, epoch ms, once a second. */
export const now = signal(Date.now());
/** "2 min ago, 14:03:21". */
export const when = (time: number): string => `${since(time)}${lang.value === 'zh' ? '，' : ', '}${at(time)}`;
export const since = (time: number): string => ago(time, now.value, words.value.locale, words.value.justNow);
export const at = (time: number): string => clock(time, now.value, words.value.locale);

export function chooseLang(value: Lang): void {
  remember('lang', value);
  lang.value = value;
}

export function chooseTheme(value: Theme): void {
  remember('theme', value);
  theme.value = value;
}

const dark = matchMedia('(prefers-color-scheme: dark)');
const contrast = matchMedia('(prefers-contrast: more)');
const system = signal<Exclude<Theme, 'system'>>('light');
const readSystem = () => {
  system.value = contrast.matches ? 'sun' : dark.matches ? 'dark' : 'light';
};
readSystem();
dark.addEventListener('change', readSystem);
contrast.addEventListener('change', readSystem);

effect(() => {
  document.documentElement.dataset['theme'] = theme.value === 'system' ? system.value : theme.value;
});
effect(() => {
  document.documentElement.lang = lang.value === 'zh' ? 'zh-CN' : 'en';
});
