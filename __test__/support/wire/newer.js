'use strict';

/** Commands of an AWS SDK that knows more than the one that is installed. */

const deref = (ref) => (typeof ref === 'function' ? ref() : ref);

/** A schema in which shapes, by name, have more members. */
function newer(ref, more, made = new Map()) {
  const schema = deref(ref);
  if (!Array.isArray(schema)) return schema;
  if (schema.length === 2) return [newer(schema[0], more, made), schema[1]];
  if (made.has(schema)) return () => made.get(schema);
  const copy = [...schema];
  made.set(schema, copy);
  const [kind, , name] = schema;
  const into = (at) => {
    copy[at] = newer(schema[at], more, made);
  };
  if (kind === 0) return schema;
  if (kind === 9) [4, 5].forEach(into);
  else if (kind === 1) into(4);
  else if (kind === 2) into(5);
  else {
    const added = more[name] ?? {};
    copy[4] = [...Object.keys(added), ...schema[4]];
    copy[5] = [...Object.values(added), ...schema[5].map((member) => newer(member, more, made))];
  }
  return () => copy;
}

/** The command of an SDK that knows more. */
function newerCommand(Command, more) {
  const schema = deref(newer(new Command({}).schema, more));
  return class extends Command {
    constructor(input) {
      super(input);
      this.schema = schema;
    }

    resolveMiddlewareWithContext(stack, config, options, args) {
      const smithyContext = { ...args.smithyContext, operationSchema: schema };
      return super.resolveMiddlewareWithContext(stack, config, options, { ...args, smithyContext });
    }
  };
}

/** A command that knows every member of its request that the service model has. */
function completeCommand(Command, model, operation) {
  const shape = model.operations[operation].input.shape;
  const request = deref(deref(new Command({}).schema)[4]);
  const more = {};
  for (const [member, ref] of Object.entries(model.shapes[shape].members)) {
    if (request[4].includes(member)) continue;
    if (model.shapes[ref.shape].type !== 'string') {
      throw new Error(`${shape}.${member} is no text: the installed AWS SDK must know it`);
    }
    more[member] = ref.location === 'header' ? [0, { httpHeader: ref.locationName }] : 0;
  }
  return newerCommand(Command, { [shape]: more });
}

module.exports = { completeCommand, newerCommand };
