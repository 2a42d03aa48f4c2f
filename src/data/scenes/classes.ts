/** What scenes hold. */

/** Class names by index. */
export const sceneClasses = ["person", "bicycle", "car", "bus", "truck", "dog", "traffic light", "stop sign"] as const;
export type SceneClass = (typeof sceneClasses)[number];
