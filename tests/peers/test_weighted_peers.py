"""Sampling weights against R's survey package (equal weights), and the AUC of clustered cases."""

import goldens
import numpy as np

from readerstudy.stats.weighted import weighted_auc, weighted_diagnostic

NAMES = {"ci_logit": "logit", "ci_asin": "asin", "ci_beta": "beta", "ci_mean": "wald", "ci_xlogit": "logit"}


@goldens.each("cluster_prop", where=lambda case: "/survey/" in case.id)
def test_svyciprop(case):
    frame = goldens.table(case)
    truth, call, patients = (frame[name].to_numpy() for name in ("truth", case.args["call"], case.args["cluster"]))
    for part, method in NAMES.items():
        records = weighted_diagnostic(truth, call, np.full(len(frame), 2.5), patients=patients, method=method)
        e = next(e for e in records if e.measure == case.args["measure"])
        assert goldens.close(e.estimate, case.result["estimate"])
        assert goldens.close(e.std_error, case.result["se_linearised"])
        assert e.df == case.result["df"]
        # survey fits the logistic model by iteration
        rel = 1e-8 if method in ("asin", "beta", "wald") else 1e-6
        assert goldens.close([e.conf_low, e.conf_high], case.result[part], rel=rel), part


@goldens.each("cluster_auc_obuchowski")
def test_auc_of_clustered_cases(case):
    frame = goldens.table(case)
    patients = None if case.id.endswith("/singletons") else frame["patient"]
    covariance = np.array(case.result["cov"]["matrix"])
    for k, name in enumerate(("score1", "score2")):
        e = weighted_auc(frame["truth"], frame[name], np.ones(len(frame)), patients=patients)
        assert goldens.close([e.estimate, e.std_error**2], [case.result["auc"][k], covariance[k, k]])
