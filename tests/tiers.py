"""Which tests plain ``python -m pytest`` leaves to `.ci/run`.

Plain pytest is quick: formulas, numbers beside scikit-learn's, gradients, invalid input, the
README, threads and processes once. The tests named here compile kernels of their own, start
processes that do, or go through many combinations. They are marked ``slow``. Naming a file, a
folder or a test runs all that is in it, and ``python -m pytest -m "slow or not slow"`` runs
everything.
"""

#: Files, folders and functions; `tests/` in front is left out.
SLOW = """
adversarial
benchmarks.py
callbacks/test_checkpoint.py callbacks/test_checkpoint_contents.py
callbacks/test_checkpoint_files.py callbacks/test_old_scikit_learn.py callbacks/test_protocol.py
callbacks/test_ready_made.py::test_progress_is_quiet_in_pipes
dask skdeep/dask data skdeep/data displays
saving/test_tables.py::test_forged_files saving/test_tables.py::test_states_are_plain
tabular/exporting/test_numpy_export.py::test_needs_numpy_alone
tabular/exporting/test_numpy_export.py::test_of_usual_size
tabular/ensemble/test_checks.py tabular/ensemble/test_tabular_estimator.py::test_nested_processes
tabular/ensemble/test_tabular_estimator.py::test_without_the_compiler
docs
ecosystem/test_frames.py::test_sparse_columns ecosystem/test_searches.py
engines/cuda engines/cpu/test_arena.py engines/test_cache.py
engines/cpu/test_elementwise.py engines/cpu/test_masks.py engines/cpu/test_perceptron.py
engines/cpu/test_product.py engines/cpu/test_telling.py::test_programs_print_nothing
engines/test_signals.py::test_exceptions_while_handlers_are_replaced
engines/cpu/test_plan.py formulas/test_elementary.py::test_error_in_ulps
formulas/test_penalties.py::test_loss_of_an_estimator
boltzmann skdeep/boltzmann
skdeep/layers skdeep/estimators/networks/graph_conv_classifier.py
layers/test_recurrent.py tabular/exporting tabular/ensemble/test_member_tasks.py
estimators/networks/test_step_labelling.py
skdeep/estimators/networks/graph_conv_regressor.py
layers/test_self_attention.py::test_gradient layers/test_self_attention.py::test_large_scores
layers/test_self_attention.py::test_same_bits_for_any_number_of_threads
layers/test_self_attention.py::test_everything_around_it
layers/test_cross_attention.py
estimators/sequence_to_sequence/test_sequence_to_sequence.py
estimators/sequence_to_sequence/test_torch_transformer.py
skdeep/estimators/sequence_to_sequence/sequence_to_sequence.py
layers/test_periodic_embedding.py layers/test_positional_encoding.py layers/test_torch_attention.py
layers/test_max_pool1d.py::test_gradient layers/test_max_pool2d.py layers/test_average_pool.py
layers/test_activity_penalty.py layers/test_transposed_dense.py layers/test_table_features.py
estimators/networks/test_graph_network.py
estimators/networks/test_masks.py::test_a_list_is_what_a_filled_array_is
estimators/networks/test_masks.py::test_masked_steps_say_nothing
estimators/networks/test_masks.py::test_gradient_and_bits
estimators/networks/test_masks.py::test_tokens
estimators/networks/test_masks.py::test_everything_around_it
layers/test_conv1d.py::test_same_bits_for_any_number_of_threads
layers/test_alpha_factor.py::test_same_bits_for_any_number_of_threads
test_frames.py::test_networks_of_layers
test_frames.py::test_running_statistics_of_full_batch_solvers
layers/test_conv1d.py::test_float32_is_float64_up_to_rounding
layers/test_blocks.py::test_same_bits_for_any_number_of_threads
layers/test_blocks.py::test_shared_weights_are_there_once
layers/test_blocks.py::test_gradient_of_shared_weights
layers/test_blocks.py::test_sparse_features layers/test_blocks.py::test_float32_beside_float64
layers/test_graphs.py::test_same_bits_for_any_number_of_threads
layers/test_graphs_regularised.py
callbacks/test_ready_made.py::test_history_csv
callbacks/test_ready_made.py::test_history_goes_on
layers/test_connections.py::test_outputs_and_gradient
layers/test_blocks.py::test_frozen_embedding_and_convolution
estimators/networks/test_auxiliary_outputs.py::test_dropped_features_are_those_of_a_multilayer_perceptron
network/test_plain_layers.py::test_describes_the_network
layers/test_blocks.py::test_shared_convolutions
estimators/networks/test_network_regularisation.py::test_dense_layers_are_a_multilayer_perceptron
callbacks/test_ready_made.py::test_stop_on_divergence
saving/test_pickles.py::test_same_state
layers/test_max_pool1d.py::test_same_bits_for_any_number_of_threads
layers/test_conv2d.py::test_same_bits_for_any_number_of_threads
layers/test_conv2d.py::test_same_gradient_however_batches_are_cut
layers/test_conv2d.py::test_float32_is_float64_up_to_rounding
layers/test_conv2d.py::test_same_bits_for_single_images
layers/test_conv2d.py::test_gradient_of_many_filters
layers/test_conv2d.py::test_everything_around_it layers/test_conv2d.py::test_shared_weights
layers/test_conv2d.py::test_same_as_conv1d_where_images_have_one_column
layers/test_normalisation.py engines/cpu/test_window_product.py
warm_up/test_warm_up.py::test_nothing_to_do_without_the_compiler
warm_up/test_warm_up.py::test_the_function_is_there_after_its_package_was_imported
callbacks/test_ready_made.py::test_time_budget_of_every_fit
estimators/perceptron/test_perceptron_inputs.py::test_one_precision_for_all_calls
ecosystem/test_composition.py::test_bagging_in_threads
estimators/test_precision.py estimators/test_quantiles.py estimators/test_small_batches.py
estimators/test_strings_and_objects.py saving/test_pipelines.py
layers/test_embedding.py::test_same_bits_for_any_number_of_threads
layers/test_recurrent.py::test_same_as_numpy layers/test_recurrent.py::test_gradient
layers/test_recurrent.py::test_activations layers/test_recurrent.py::test_masks
layers/test_recurrent.py::test_masked_steps_at_the_end_are_as_if_they_were_not_there
layers/test_recurrent.py::test_inputs_of_masked_steps_are_not_read
layers/test_recurrent.py::test_same_gradient_however_batches_are_cut
layers/test_recurrent.py::test_same_bits_for_any_number_of_threads
layers/test_recurrent.py::test_float32_is_float64_up_to_rounding
layers/test_recurrent.py::test_truncation
layers/test_recurrent.py::test_sequences_of_different_lengths
layers/test_recurrent.py::test_masked_values
layers/test_recurrent.py::test_targets_of_every_step
layers/test_recurrent.py::test_saved_and_trained_on
layers/test_recurrent.py::test_not_normalised layers/test_recurrent.py::test_description
layers/test_recurrent.py::test_truncation_of_sequences_of_different_lengths
layers/test_recurrent.py::test_truncation_at_all_steps_changes_nothing
layers/test_recurrent.py::test_dropout_leaves_the_states
layers/test_recurrent.py::test_first_values layers/test_recurrent.py::test_blocks_of_parameters
layers/test_recurrent.py::test_features_of_two_dimensions_are_sequences_of_one_channel
layers/test_recurrent.py::test_remembers_the_first_step
layers/test_recurrent.py::test_without_the_compiler
layers/test_torch_layers.py::test_recurrent_cells
layers/test_encoded_dense.py::test_same_bits_for_any_number_of_threads
layers/test_encoded_dense.py::test_same_fit_as_a_dense_layer
layers/test_encoded_dense.py::test_without_the_compiler
tabular/ensemble/test_member_tasks.py::test_errors_of_callbacks
tabular/ensemble/test_member_tasks.py::test_fitted_estimators_of_quantiles
tabular/exporting/test_numpy_export.py::test_every_kind_of_table
saving/test_tables.py::test_skops_lists_estimators_only
layers/test_encoded_dense.py::test_kernels_do_not_trust_cells
callbacks/test_ready_made.py::test_history_that_cannot_be_written
saving/test_pickles.py::test_states_are_plain
tabular/ensemble/test_cycle_ends.py::test_members_that_overfit_end
tabular/ensemble/test_quantiles.py::test_cover_what_they_should
engines/cpu/test_row_sums.py
callbacks/test_ready_made.py::test_time_budget
callbacks/test_ready_made.py::test_histories_of_a_search
callbacks/test_ready_made.py::test_progress_in_other_processes_and_twice
layers/test_graph_parsing.py::test_any_graph
layers/test_neuron_graph_features.py layers/test_neuron_graph_uses.py
layers/test_neuron_graph.py::test_updates layers/test_neuron_graph.py::test_random_graphs
layers/test_neuron_graph.py::test_every_solver_learns
layers/test_neuron_graph.py::test_wide_graphs_on_any_number_of_threads
recipe/test_first_weights.py::test_greedy_pretraining
ecosystem/test_ensembles.py
estimators/features/test_gradient.py::test_central_differences_of_what_is_public
estimators/features/test_gradient.py::test_float32_gradient_against_float64
estimators/fitted/test_trained.py::test_ends_at_a_kink
estimators/inputs/test_arrays.py::test_any_shape
estimators/inputs/test_arrays.py::test_every_form_of_x_gives_the_same
estimators/inputs/test_augmentation.py estimators/inputs/test_byte_order.py
estimators/inputs/test_input_kinds.py
estimators/inputs/test_validation_set.py::test_loss_of_every_kind
estimators/perceptron/test_perceptron_continuing.py
estimators/presentation/test_scikit_learn.py::test_training_goes_on_in_scikit_learn
recipe/test_bad_regularisation.py::test_solvers_that_minimise_one_function
recipe/test_first_weights.py::test_feature_extraction_then_fine_tuning
saving/test_pickles.py::test_skops_lists_estimators_only
training/test_blas_threads.py::test_no_thread_can_be_started
estimators/fitted/test_changed_attributes.py
estimators/test_checks.py estimators/targets/test_class_weight.py
estimators/fitted/test_continuing.py
estimators/fitted/test_continuing_states.py estimators/features/test_feature_pairs.py
estimators/networks/test_network_estimators.py::test_scikit_learn_check
estimators/networks/test_network_regularisation.py::test_same_bits_for_any_number_of_threads
estimators/networks/test_step_labelling.py::test_same_as_a_network_of_steps
estimators/networks/test_step_labelling.py::test_same_as_a_regression_of_steps
estimators/networks/test_step_labelling.py::test_gradient
exporting/test_step_outputs.py exporting/test_numpy_module.py
estimators/networks/test_graph_validation.py layers/test_conv2d_transpose.py
estimators/networks/test_image_autoencoder.py
estimators/networks/test_step_labelling.py::test_gradient_of_regressions
estimators/networks/test_step_labelling.py::test_gradient_through_the_softmax
estimators/networks/test_step_labelling.py::test_solvers_lower_the_loss
estimators/networks/test_step_labelling.py::test_same_gradient_however_batches_are_cut
estimators/networks/test_step_labelling.py::test_same_bits_for_any_number_of_threads
estimators/networks/test_step_labelling.py::test_without_the_compiler
estimators/networks/test_step_labelling.py::test_early_stopping
estimators/networks/test_step_labelling.py::test_early_stopping_of_a_regression
estimators/networks/test_step_labelling.py::test_class_and_sample_weights
estimators/networks/test_step_labelling.py::test_restarts_and_augment
estimators/networks/test_step_labelling.py::test_scorers_see_steps_with_targets
estimators/networks/test_step_labelling.py::test_training_goes_on
estimators/networks/test_autoencoder.py::test_scikit_learn_check
estimators/networks/test_autoencoder.py::test_code_and_reconstruction
estimators/networks/test_autoencoder.py::test_gradient
estimators/networks/test_autoencoder.py::test_same_bits_for_any_number_of_threads
estimators/networks/test_autoencoder.py::test_saved_and_described
estimators/networks/test_autoencoder.py::test_exports
estimators/networks/test_autoencoder.py::test_pipeline_and_search
estimators/networks/test_autoencoder.py::test_frames
estimators/networks/test_autoencoder.py::test_layers_of_a_classifier
estimators/networks/test_autoencoder.py::test_greedy_pretraining
estimators/networks/test_autoencoder.py::test_greedy_pretraining_of_layers_without_weights
estimators/networks/test_autoencoder.py::test_outputs_are_vectors
estimators/networks/test_autoencoder.py::test_encoders_without_weights
estimators/networks/test_network_estimators.py::test_layers_changed_to_one_that_gives_a_vector
estimators/networks/test_autoencoder.py::test_unlabelled_rows_help
estimators/networks/test_autoencoder.py::test_other_layers
estimators/networks/test_autoencoder.py::test_validation_and_early_stopping
estimators/networks/test_autoencoder.py::test_going_on
estimators/networks/test_auxiliary_outputs.py::test_same_bits_for_any_number_of_threads
estimators/networks/test_auxiliary_outputs.py::test_loss_beside_numpy
estimators/networks/test_auxiliary_outputs.py::test_dense_sparse_and_column_wise_rows
estimators/test_generalisation.py estimators/features/test_hidden.py
estimators/features/test_limited_norms.py
estimators/targets/test_output_pairs.py
estimators/perceptron/test_perceptron.py::test_same_as_scikit_learn
estimators/perceptron/test_perceptron_checks.py
estimators/perceptron/test_perceptron_inputs.py::test_a_second_process_loads_the_kernel
estimators/test_predictor.py estimators/test_profile.py
estimators/features/test_regularisation.py estimators/features/test_regularised_fits.py
training/test_restarts.py estimators/features/test_structure.py
estimators/features/test_structure_uses.py
estimators/features/test_weight_norm.py
exporting
fuzz
saving/test_safetensors.py::test_import_does_not_load_the_package
saving/test_safetensors.py::test_nothing_is_executed
saving/test_pickles.py::test_pickles_without_version_load
engines/cpu/test_prediction.py::test_outputs
test_benchmarks.py test_examples.py test_recipes.py test_signals.py
tabular/test_inputs.py::test_ten_thousand_columns
tabular/test_target_statistics.py::test_better_than_the_most_frequent_levels
test_without_docstrings.py
test_processes.py test_readme.py::test_python_block_runs[docs test_same_bits.py
training/test_blas_threads.py::test_exception_of_a_signal_handler_at_any_moment
training/full_batch/test_bold_driver.py training/test_divergence.py
training/stochastic/test_scheduled.py
training/stochastic/test_steps.py training/test_tiny.py training/test_torch.py
training/test_torch_regularised.py
warm_up/test_warm_up.py::test_later_fits_compile_nothing
warm_up/test_warm_up.py::test_shipped_kernels_are_loaded_in_the_place_of_compiling
""".split()
#: Those of the above that plain pytest runs nonetheless: threads and processes once, and one
#: recurrent layer.
QUICK = """
layers/test_recurrent.py::test_gradient[LSTM-last]
layers/test_recurrent.py::test_same_as_numpy[LSTM-last]
test_processes.py::test_four_python_threads_fit_at_once[default]
test_processes.py::test_import_compiles_nothing_and_starts_no_threads
test_processes.py::test_joblib_backends[loky]
test_processes.py::test_signal_handler_is_put_back
""".split()


def _is_named(name, table):
    return any(
        name == entry or name.startswith((f"{entry}/", f"{entry}::", f"{entry}["))
        for entry in table
    )


def is_slow(nodeid):
    """Return whether a test belongs to the second tier."""
    name = nodeid.removeprefix("tests/")
    return _is_named(name, SLOW) and not _is_named(name, QUICK)
