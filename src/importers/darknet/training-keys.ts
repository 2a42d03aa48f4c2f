/**
 * Options that darknet knows and that have no say in what a trained network computes: how it was trained, on what, and what was
 * printed meanwhile. They are passed over without a word. Source: parser.c of darknet and of its best known fork.
 */
const names = `
  batch subdivisions time_steps notruth inputs max_crop min_crop max_ratio min_ratio center clip angle aspect saturation exposure hue
  flip cutmix mosaic mosaic_bound mixup blur gaussian_noise label_smooth_eps resize_step attention power policy burn_in step scale steps
  scales gamma max_batches learning_rate learning_rate_min batches_per_cycle batches_cycle_mult momentum decay adam B1 B2 eps
  seq_scales sequential_subdivisions init_sequential_subdivisions augment_speed dynamic_minibatch optimized_memory
  workspace_size_limit_MB contrastive contrastive_jit_flip contrastive_color unsupervised loss_scale try_fix_nan weights_reject_freq
  equidistant_point badlabels_rejection_percentage num_sigmas_reject_badlabels ema_alpha dropblock show_receptive_field seed random
  stopbackward onlyforward dont_update burnin_update train_only_bn grad_centr assisted_excitation adversarial_lr probability
  dropblock_size_abs dropblock_size_rel type
  jitter resize thresh ignore_thresh truth_thresh iou_thresh iou_thresh_kind iou_loss iou_normalizer obj_normalizer cls_normalizer
  delta_normalizer max_delta objectness_smooth uc_normalizer focal_loss counters_per_class rescore object_scale noobject_scale
  class_scale coord_scale mask_scale absolute bias_match classfix max beta_nms show_details embedding_layer track_history_size
  sim_thresh dets_for_track dets_for_show track_ciou_norm shift`;

export const trainingKeys: ReadonlySet<string> = new Set(names.split(/\s+/));
