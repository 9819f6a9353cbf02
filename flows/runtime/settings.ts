// flows/runtime: Node-RED's settings on a box: headless, nothing downloaded, nothing told to anyone, few core nodes.

/** Core nodes that a box does not load: they open the network, run programs or files, or cost memory. */
const EXCLUDED = [
  '90-exec.js',
  '05-tls.js',
  '06-httpproxy.js',
  '10-mqtt.js',
  '21-httpin.js',
  '21-httprequest.js',
  '22-websocket.js',
  '31-tcpin.js',
  '32-udp.js',
  '10-file.js',
  '23-watch.js',
  '70-CSV.js',
  '70-HTML.js',
  '70-XML.js',
  '70-YAML.js',
];

export interface SettingsInput {
  userDir: string;
  nodesDir: string;
  secret: string;
  safeMode: boolean;
  adminAuth: object;
  log: (level: 'info' | 'warn' | 'error', code: string, what: string) => void;
}

/** Levels of Node-RED's log. */
const ERROR = 20;
const WARN = 30;

export function settingsOf({ userDir, nodesDir, secret, safeMode, adminAuth, log }: SettingsInput): object {
  return {
    userDir,
    nodesDir,
    nodesExcludes: EXCLUDED,
    flowFile: 'flows.json',
    flowFilePretty: true,
    credentialSecret: secret,
    safeMode,
    adminAuth,
    httpAdminRoot: '/',
    httpNodeRoot: false,
    httpStatic: [],
    apiMaxLength: '5mb',
    disableEditor: false,
    functionExternalModules: false,
    functionGlobalContext: {},
    exportGlobalContextKeys: false,
    debugMaxLength: 1000,
    nodeMessageBufferMaxLength: 1000,
    externalModules: {
      autoInstall: false,
      autoInstallRetry: 0,
      palette: { allowInstall: false, allowUpdate: false, allowUpload: false },
      modules: { allowInstall: false },
    },
    telemetry: { enabled: false, updateNotification: false },
    diagnostics: { enabled: false, ui: false },
    runtimeState: { enabled: true, ui: true },
    contextStorage: { default: { module: 'memory' } },
    editorTheme: {
      page: { title: 'Kerbside flows' },
      header: { title: 'Kerbside flows' },
      projects: { enabled: false },
      multiplayer: { enabled: false },
      palette: { catalogues: [] },
      tours: false,
      menu: { 'menu-item-help': false, 'menu-item-node-red-version': false },
    },
    logging: {
      kerbside: {
        level: 'warn',
        metrics: false,
        audit: false,
        handler: () => (entry: { level: number; msg?: unknown; type?: string; name?: string; id?: string }) => {
          if (entry.level > WARN) return;
          const text = entry.msg instanceof Error ? entry.msg.message : String(entry.msg ?? '');
          // as we want it; and a flow without secrets has no file of them
          if (/^(Projects disabled|Encrypted credentials not found)/.test(text)) return;
          const where = entry.type ? `${entry.type}:${entry.name ?? entry.id ?? ''}` : 'runtime';
          log(entry.level <= ERROR ? 'error' : 'warn', `NODE_RED ${where}`.slice(0, 100), `${where}: ${text}`);
        },
      },
    },
  };
}
