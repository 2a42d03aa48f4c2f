/** libvips by sharp; loaded when a picture is first decoded or encoded, since loading takes a tenth of a second. */
export const loadSharp = async () => (await import("sharp")).default;
