import type { components } from './schema';

/** A schema of the API's description. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

export type Profile = Schema<'Profile'>;
export type MappingValue = Schema<'Mapping'>;

/** A fact about a model: `Fact` of the package's types. */
export interface Fact {
  value: unknown;
  source: 'config' | 'aws' | 'learned' | 'catalog' | 'pattern' | 'assumed';
  age: number | null;
}
