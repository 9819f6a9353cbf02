// agent/cases: the committed table reads whole, and unknown codes are refused before they reach a case.
import test from 'ava';
import { checkCodes, loadTaxonomy, parseTaxonomy } from './taxonomy.ts';

const HEAD = 'scheme,kind,code,zh,en,code2013,basis,note\n';

test('the table holds the 153 components and 250 matters of 2026, the older and the local ones', (t) => {
  const { matters, components } = loadTaxonomy();
  const isNew = (code: string) => /^\d{5}$/.test(code);
  t.is(components.size, 153);
  t.is([...matters.keys()].filter(isNew).length, 250);
  t.is([...matters.keys()].filter((code) => !isNew(code)).length, 13);
  t.deepEqual(matters.get('09009'), {
    code: '09009',
    name: { zh: '机动车乱停放', en: 'Illegally parked motor vehicle' },
    code2013: '04-09',
    basis: 'inferred',
  });
  t.is(components.get('01001')?.name.zh, '供水井盖');
  t.is(matters.get('01001')?.name.zh, '供水井盖异常');
  t.false(Object.hasOwn(matters.get('01062')!, 'code2013'));
});

test('a profile with a code that is no matter is refused with its rule', (t) => {
  const taxonomy = loadTaxonomy();
  t.notThrows(() => checkCodes(taxonomy, { rules: [{ id: 'parking', code: '09009' }] }, 'site.yaml'));
  const fault = t.throws(() => checkCodes(taxonomy, { rules: [{ id: 'parking', code: '09099' }] }, 'site.yaml'));
  t.like(fault, { code: 'PROFILE_CODE_UNKNOWN' });
  t.regex(fault!.message, /^site\.yaml: rule "parking": there is no matter 09099; /);
});

for (const [name, text] of Object.entries({
  'no head': '2026,matter,09009,a,b,04-09,inferred,\n',
  'too few fields': `${HEAD}2026,matter,09009,a,b\n`,
  'a kind that is none': `${HEAD}2026,thing,09009,a,b,04-09,inferred,\n`,
  'a code that is none': `${HEAD}2026,matter,9,a,b,04-09,inferred,\n`,
  'an older code that is none': `${HEAD}2026,matter,09009,a,b,4,inferred,\n`,
  'no name': `${HEAD}2026,matter,09009,,b,04-09,inferred,\n`,
  'a code twice': `${HEAD}2026,matter,09009,a,b,,new,\n2026,matter,09009,a,b,,new,\n`,
  'nothing at all': '',
  'no matters': HEAD,
})) {
  test(`a table with ${name} is one typed error`, (t) => {
    t.like(
      t.throws(() => parseTaxonomy(text, 'table.csv')),
      { code: 'TAXONOMY_INVALID' },
    );
  });
}

test('a table that is not there is one typed error', (t) => {
  t.like(
    t.throws(() => loadTaxonomy('/nowhere/table.csv')),
    { code: 'TAXONOMY_INVALID' },
  );
});
