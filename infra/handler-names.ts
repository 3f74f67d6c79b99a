/** The functions of the stack, each a file in functions/handlers. `pull` is there with a billing system alone. */
export const handlerNames = [
  'starter',
  'pull',
  'validate',
  'ingest',
  'measure',
  'archive',
  'deliver',
  'failed',
  'watch',
] as const;

export type HandlerName = (typeof handlerNames)[number];

/** Where a bundle has its module. The queries and the templates lie around it as they do in the repository. */
export const handlerEntry = 'functions/queries/index.handler';
