// A multipart/form-data body, part by part, so that a test can spoil any of it.

export interface FormPart {
  readonly name: string;
  /** Left out: a field. Empty: a file without a name. */
  readonly filename?: string;
  readonly type?: string;
  readonly body: Buffer | string;
}

const BOUNDARY = "----------------auricle";

export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

export function formHead({ name, filename, type }: FormPart): string {
  const named = filename === undefined ? "" : `; filename="${filename}"`;
  const typed = type === undefined ? "" : `content-type: ${type}\r\n`;
  return `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"${named}\r\n${typed}\r\n`;
}

export function formOf(parts: readonly FormPart[]): Buffer {
  const pieces = parts.flatMap((part) => [Buffer.from(formHead(part)), Buffer.from(part.body), Buffer.from("\r\n")]);
  return Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}
