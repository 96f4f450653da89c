namespace ControlPlane.Demo.Training;

/// <summary>Trees whose sum, through a logistic curve, is the probability of fraud: all that training yields, free of the training library.</summary>
/// <param name="Slope">Probability = 1 / (1 + exp(Slope × score + Offset)).</param>
internal sealed record FraudModel(IReadOnlyList<FraudTree> Trees, double Bias, double Slope, double Offset, FraudMetrics Metrics);

/// <summary>Node i goes left when its feature is at most its threshold. A child below 0 is the leaf with the index ~child.</summary>
internal sealed record FraudTree(IReadOnlyList<int> Features, IReadOnlyList<float> Thresholds, IReadOnlyList<int> Left, IReadOnlyList<int> Right, IReadOnlyList<double> Leaves);

/// <summary>On payments that were not trained on.</summary>
/// <param name="Auc">Area under the receiver operating characteristic, 0.5 to 1.</param>
internal sealed record FraudMetrics(double Auc, double LogLoss, double FraudRate);
