// agent/main/site: what health says of the zones and rules in force. Pure.
import type { HealthLine } from '../../console/api.ts';
import type { SiteState } from '../../console/api-site.ts';

/** A line only where something is to be done. */
export function siteLines(site: SiteState | null): HealthLine[] {
  const lines: HealthLine[] = [];
  if (site?.fault) {
    lines.push({
      id: 'site-file',
      level: 'warn',
      text: {
        zh: '站点文件有误，原有规则继续生效',
        en: 'The site file cannot be taken as it is now; the rules that run stay',
      },
      value: site.fault.what,
      remedy: { zh: '改正站点文件；保存后自动生效', en: 'mend the site file; it is taken by itself once it is saved' },
    });
  }
  if (site && site.unknown.length > 0) {
    lines.push({
      id: 'site-classes',
      level: 'warn',
      text: {
        zh: '规则中有识别模型不认识的类别，这些类别不会被发现',
        en: 'Rules name classes that the detector does not know: nothing is found by them',
      },
      value: site.unknown.join(', '),
      remedy: {
        zh: '按“设置”中列出的类别改正名称，或更换识别模型',
        en: 'correct the names as the room Set-up lists them, or use another detector',
      },
    });
  }
  if (site?.aside) {
    lines.push({
      id: 'site-edit',
      level: 'warn',
      text: {
        zh: '本机修改的区域与规则已被更新的内容取代',
        en: 'What was edited on the box was overtaken by something newer',
      },
      value: site.aside.version,
      remedy: { zh: '在“设置”中恢复或放弃该修改', en: 'use it again or give it up in the room Set-up' },
    });
  }
  return lines;
}
