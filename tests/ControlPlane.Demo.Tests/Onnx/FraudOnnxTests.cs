using ControlPlane.Demo.Onnx;
using ControlPlane.Demo.Training;
using ControlPlane.Demo.Transactions;

namespace ControlPlane.Demo.Tests.Onnx;

public sealed class FraudOnnxTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_exported_file_agrees_with_the_trained_model_to_a_hundred_thousandth(int version)
    {
        var (model, predict) = FraudTrainer.Train(version == 1 ? FraudRecipe.First : FraudRecipe.Second);
        var rows = new TransactionGenerator(7).Take(3_000).Select(row => row.Features).ToList();

        var expected = predict(rows);
        var (labels, probabilities) = OnnxSession.Run(FraudOnnx.Write(model, version), rows);

        Assert.All(expected, (fraud, row) => Assert.InRange(Math.Abs(fraud - probabilities[2 * row + 1]), 0, 1e-5));
        Assert.All(expected, (_, row) => Assert.Equal(1, probabilities[2 * row] + probabilities[2 * row + 1], 1e-5));
        Assert.All(labels, (label, row) => Assert.Equal(probabilities[2 * row + 1] > probabilities[2 * row] ? 1 : 0, label));
        Assert.Contains(1L, labels);
    }

    [Fact]
    public void The_second_version_is_better_and_neither_is_trivial()
    {
        var first = FraudTrainer.Train(FraudRecipe.First).Model.Metrics;
        var second = FraudTrainer.Train(FraudRecipe.Second).Model.Metrics;

        Assert.InRange(first.Auc, 0.65, 0.95);
        Assert.InRange(second.Auc, first.Auc + 0.03, 0.98);
        Assert.True(second.LogLoss < first.LogLoss);
        Assert.InRange(first.FraudRate, 0.02, 0.10);
    }

    [Fact]
    public void The_third_version_corrects_by_the_number_of_payments_and_fails_where_its_table_ends()
    {
        var (model, _) = FraudTrainer.Train(FraudRecipe.Third);
        float[] few = [40, 14, 0.2f, 0, 2, 4, 1, 900];
        float[] many = [40, 14, 0.2f, 0, 2, 6, 1, 900];

        var (_, plain) = OnnxSession.Run(FraudOnnx.Write(model, 2), [few]);
        var (_, corrected) = OnnxSession.Run(FraudOnnx.Write(model, 3, FraudRecipe.Third.CountTable), [few]);

        Assert.Equal(0.1, Math.Log(corrected[1] / corrected[0]) - Math.Log(plain[1] / plain[0]), 1e-3);
        Assert.ThrowsAny<Exception>(() => OnnxSession.Run(FraudOnnx.Write(model, 3, FraudRecipe.Third.CountTable), [many]));
    }

    [Fact]
    public void A_feature_that_a_version_leaves_out_does_not_move_its_answer()
    {
        var (model, _) = FraudTrainer.Train(FraudRecipe.First);
        float[] near = [40, 14, 0.2f, 0, 2, 1, 1, 900];
        float[] far = [40, 14, 0.2f, 0, 500, 30, 9, 3];

        var (_, probabilities) = OnnxSession.Run(FraudOnnx.Write(model, 1), [near, far]);

        Assert.Equal(probabilities[1], probabilities[3]);
    }
}
