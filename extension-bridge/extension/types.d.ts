// Style sheets are bundled as text, for the shadow root of the page's button.
declare module "*.css" {
  const text: string;
  export default text;
}
