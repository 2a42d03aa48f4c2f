/** Of this program, as package.json has it (a test compares them): results of different versions are never mixed. */
export const version = "0.1.0";
