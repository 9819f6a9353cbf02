// agent/console page: runs before the first paint, so that no wrong theme flashes. A classic script: imports nothing.
// In: what was remembered, and the system's wishes. Out: data-theme and lang of the document.
(() => {
  const root = document.documentElement;
  const remembered = (key: string): string | null => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const lang = remembered('kerbside.lang') ?? (navigator.language.startsWith('zh') ? 'zh' : 'en');
  root.lang = lang === 'zh' ? 'zh-CN' : 'en';
  const theme = remembered('kerbside.theme') ?? 'system';
  const wishes = (query: string) => matchMedia(query).matches;
  const system = wishes('(prefers-contrast: more)') ? 'sun' : wishes('(prefers-color-scheme: dark)') ? 'dark' : 'light';
  root.dataset['theme'] = theme === 'system' ? system : theme;
})();
