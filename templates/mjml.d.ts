/** What the template compiler uses of mjml, which comes without types. */
declare module 'mjml' {
  type Options = {
    filePath: string;
    ignoreIncludes: boolean;
    includePath: string;
    fonts: Record<string, string>;
    validationLevel: 'strict' | 'soft' | 'skip';
    keepComments: boolean;
  };
  export default function mjml(source: string, options: Options): Promise<{ html: string; errors: unknown[] }>;
}
