// agent/health: is this box fit for work? In: folders, the network, the system. Out: one line per check with a remedy.
// Changes nothing but a probe file that it removes.
import { accessSync, constants } from 'node:fs';
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { freemem, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';
import { oneLine } from '../../contract/index.ts';
import type { Clock } from './clock.ts';
import SYSTEM_PACKAGES from './packages.json' with { type: 'json' };

export interface Check {
  id: string;
  /** ok; warn: something does not work without it; bad: the box cannot do its job */
  level: 'ok' | 'warn' | 'bad';
  text: { zh: string; en: string };
  value: string;
  remedy?: { zh: string; en: string };
}

export interface DoctorInput {
  home: string;
  cache: string;
  /** value of PATH */
  path: string;
  clock: Clock;
  /** also what only the tests use */
  tests: boolean;
  /** files that the detector needs, or why they cannot be named */
  modelFiles: () => Promise<string[]>;
  /** what it looks with, in words */
  modelUse?: () => Promise<string>;
}

const MB = 1024 * 1024;

/** Runs every check; none throws. */
export async function examine(input: DoctorInput): Promise<Check[]> {
  return [
    ...systemPackages(input.path, input.tests),
    ...addons(),
    await detector(input),
    await storage(input.home),
    memory(),
    clock(input.clock),
    gpio(),
  ];
}

/** Whether a program is in PATH (or where Debian puts servers), or a file can be read. */
export function isThere(what: { program?: string; file?: string }, path: string): boolean {
  const folders = [...path.split(delimiter), '/usr/sbin', '/usr/local/bin'].filter(Boolean);
  const candidates = what.file ? [what.file] : folders.map((folder) => join(folder, what.program ?? ''));
  return candidates.some((file) => readable(file, what.file ? constants.R_OK : constants.X_OK));
}

function readable(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}

function systemPackages(path: string, tests: boolean): Check[] {
  return SYSTEM_PACKAGES.filter((p) => tests || p.for.includes('start')).map((p): Check => {
    const text = { zh: `系统软件包 ${p.apt}`, en: `system package ${p.apt}` };
    if (isThere(p as { program?: string; file?: string }, path)) {
      return { id: `package-${p.apt}`, level: 'ok', text, value: 'present' };
    }
    const level = p.apt === 'ffmpeg' ? 'bad' : 'warn';
    return {
      id: `package-${p.apt}`,
      level,
      text,
      value: `missing: ${p.without.en}`,
      remedy: { zh: `${p.without.zh};安装:apt-get install ${p.apt}`, en: `apt-get install ${p.apt}` },
    };
  });
}

const ADDONS = [
  { name: 'onoff', zh: 'GPIO 输入输出', en: 'GPIO lines' },
  { name: 'socketcan', zh: 'SocketCAN 总线', en: 'SocketCAN buses' },
  { name: 'serialport', zh: '串口', en: 'serial ports' },
];

function addons(): Check[] {
  const require = createRequire(import.meta.url);
  return ADDONS.map(({ name, zh, en }): Check => {
    const text = { zh: `驱动 ${name}(${zh})`, en: `driver ${name} (${en})` };
    try {
      require(name);
      return { id: `addon-${name}`, level: 'ok', text, value: 'loads' };
    } catch (error) {
      return {
        id: `addon-${name}`,
        level: 'warn',
        text,
        value: oneLine(error).slice(0, 120),
        remedy: { zh: '安装编译工具后运行 npm run setup', en: 'install python3, make and g++, then npm run setup' },
      };
    }
  });
}

async function detector({ modelFiles, modelUse }: DoctorInput): Promise<Check> {
  const text = { zh: '识别模型', en: 'detector' };
  const remedy = { zh: '运行 npm run setup', en: 'run npm run setup' };
  try {
    const files = await modelFiles();
    const missing = files.filter((file) => !readable(file, constants.R_OK));
    const use = missing.length === 0 && modelUse ? `, ${await modelUse()}` : '';
    if (missing.length === 0) return { id: 'detector', level: 'ok', text, value: `${files.length} files${use}` };
    return { id: 'detector', level: 'bad', text, value: `missing: ${missing.join(', ')}`, remedy };
  } catch (error) {
    return { id: 'detector', level: 'bad', text, value: oneLine(error), remedy };
  }
}

async function storage(home: string): Promise<Check> {
  const text = { zh: '存储空间', en: 'storage' };
  try {
    await mkdir(home, { recursive: true });
    const probe = join(home, `.doctor-${process.pid}`);
    await writeFile(probe, 'probe');
    await rm(probe);
    const { bavail, bsize } = await statfs(home);
    const free = Math.floor((bavail * bsize) / MB);
    const level = free < 200 ? 'bad' : free < 1000 ? 'warn' : 'ok';
    const remedy = { zh: '清理磁盘,至少留出 1 GB', en: 'free at least 1 GB' };
    return { id: 'storage', level, text, value: `${free} MB free in ${home}`, ...(level === 'ok' ? {} : { remedy }) };
  } catch (error) {
    const remedy = { zh: '检查目录权限与磁盘', en: 'check the permissions of the folder, and the disk' };
    return { id: 'storage', level: 'bad', text, value: oneLine(error), remedy };
  }
}

function memory(): Check {
  const free = Math.floor(freemem() / MB);
  const total = Math.floor(totalmem() / MB);
  return {
    id: 'memory',
    level: total < 900 ? 'warn' : 'ok',
    text: { zh: '内存', en: 'memory' },
    value: `${free} of ${total} MB free`,
  };
}

function clock(clock: Clock): Check {
  const quality = clock.quality();
  const check: Check = {
    id: 'clock',
    level: quality === 'unknown' ? 'warn' : 'ok',
    text: { zh: '时钟', en: 'clock' },
    value: `${new Date(clock.wall()).toISOString()} (${quality})`,
  };
  if (quality === 'unknown')
    check.remedy = { zh: '接通网络对时,或手动设置时间', en: 'give it NTP, or set the time by hand' };
  return check;
}

function gpio(): Check {
  const there = readable('/sys/class/gpio/export', constants.W_OK);
  return {
    id: 'gpio',
    level: 'ok',
    text: { zh: 'GPIO', en: 'GPIO' },
    value: there ? 'present' : 'none on this machine: IO lines cannot be read here',
  };
}
