/**
 * Statements that are built and compiled once and then only given their values: building one with Kysely costs more than running it, which
 * shows where a request is nothing but a few small statements.
 */
import type { Compilable, CompiledQuery } from "kysely";

/** Stands for a value in a statement that is compiled before its values are known. */
class Hole {
  constructor(readonly name: string) {}
}

/**
 * @param build makes the query; `value("name")` stands where the value of that name goes
 * @returns gives the values and has the statement
 */
export function prepared<Values extends object, Row>(
  build: (value: <Name extends keyof Values & string>(name: Name) => Values[Name]) => Compilable<Row>,
): (values: Values) => Compilable<Row> {
  const compiled = build(<Name extends keyof Values & string>(name: Name) => new Hole(name) as unknown as Values[Name]).compile();
  const holes = compiled.parameters.map((parameter) => (parameter instanceof Hole ? parameter.name : null));
  return (values) => ({
    compile: () =>
      ({
        ...compiled,
        parameters: holes.map((name, index) =>
          name === null ? compiled.parameters[index] : values[name as keyof Values & string],
        ),
      }) as CompiledQuery<Row>,
  });
}
