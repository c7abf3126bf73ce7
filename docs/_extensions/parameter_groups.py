"""Sphinx extension: parameters of large estimators in groups, each with an anchor.

numpydoc has made a list of the parameters of a class; here it is divided into groups, and the
example moves before it.
"""

import re

#: Classes with fewer parameters than this keep a plain list.
FEWEST = 12
GROUPS = {
    "Network": """
        loss layers decoder tied_weights hidden_layer_sizes input_shape mask_value activation
        out_activation skip_connections weight_init init_from quantiles n_ensemble n_bins
        categorical_features tree_features units filters kernel_size pool_size strides padding
        dilation heads dim causal n_levels n_outputs n_numbers bin_means columns connections
        return_sequences bidirectional truncation inputs weights_of mode init fit_intercept eta0""",
    "Training": """
        solver learning_rate learning_rate_init power_t batch_size max_iter shuffle momentum
        nesterovs_momentum beta_1 epsilon max_fun class_weight warm_start n_restarts frozen_layers
        augment trainable learning_rate_factor oof_predictions auxiliary_output auxiliary_weight""",
    "Regularisation": """
        penalty alpha alpha_factor l1_ratio dropout dropconnect input_dropout input_noise masking
        sparsity sparsity_weight sparsity_target label_smoothing batch_norm weight_norm max_norm
        clip_norm""",
    "Stopping and validation": """
        tol n_iter_no_change early_stopping validation_fraction scoring tol_gradient
        tol_objective""",
    "Random numbers, machine and output": """
        random_state n_threads n_jobs device precision verbose record_gradient_norms""",
}
GROUP_OF = {name: group for group, names in GROUPS.items() for name in names.split()}
ENTRY = re.compile(r"^    \*\*(?P<names>[\w, ]+)\*\*")


def entries_of(lines):
    """Divide the body of a list of parameters into entries, by their first names."""
    entries = {}
    for line in lines:
        found = ENTRY.match(line)
        if found:
            name = found["names"].split(",")[0]
            entries[name] = []
        if entries:
            entries[name].append(line)
    return entries


def grouped(lines, anchor):
    """Return the list of parameters with a heading for each group.

    Parameters
    ----------
    lines : list of str
        Body of numpydoc's field ``:Parameters:``.
    anchor : str
        What the anchors of the parameters begin with.

    Returns
    -------
    lines : list of str
    """
    entries, made = entries_of(lines), []
    others = [name for name in entries if name not in GROUP_OF]
    for group in [*GROUPS, "Other parameters"]:
        names = [name for name in entries if GROUP_OF.get(name) == group]
        names = others if group == "Other parameters" else names
        if not names:
            continue
        made += ["", f"    .. rubric:: {group}", "       :class: parameter-group", ""]
        for name in names:
            first, *rest = entries[name]
            target = f"{anchor}.{name}".lower().replace(".", "-").replace("_", "-")
            link = f" `# <#{target}>`__"
            made += [f"    .. _{anchor}.{name}:", "", first + link, *rest, ""]
    return made


def section(lines, first):
    """Return the end of a section of numpydoc's output: where the next one begins."""
    for place in range(first + 1, len(lines)):
        if re.match(r"^(:\w[\w ]*:|\.\. rubric::|\.\. seealso::|\.\. \[)", lines[place]):
            return place
    return len(lines)


def rearrange(app, what, name, obj, options, lines):
    """Move the example of a class to the front, and divide its parameters into groups."""
    if what != "class" or ":Parameters:" not in lines:
        return
    start = lines.index(":Parameters:")
    end = section(lines, start)
    body = lines[start + 1 : end]
    if len(entries_of(body)) < FEWEST:
        return
    lines[start + 1 : end] = grouped(body, name)
    if ".. rubric:: Examples" in lines:
        first = lines.index(".. rubric:: Examples")
        last = section(lines, first)
        example = lines[first:last]
        del lines[first:last]
        lines[start:start] = [*example, ""]


def setup(app):
    """Listen to autodoc, after numpydoc."""
    app.connect("autodoc-process-docstring", rearrange, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
