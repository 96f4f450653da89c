using ControlPlane.Demo.Transactions;
using Microsoft.ML;
using Microsoft.ML.Calibrators;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.FastTree;

namespace ControlPlane.Demo.Training;

/// <summary>Trains with ML.NET's FastTree on one thread, so that the same seed gives the same model.</summary>
internal static class FraudTrainer
{
    private const int Seed = 20_260_501;
    private const int HoldOutSeed = 20_260_502;
    private const int HoldOutRows = 20_000;

    /// <returns>The model for export, and the trained one, which answers payments by itself.</returns>
    public static (FraudModel Model, Func<IEnumerable<float[]>, IReadOnlyList<float>> Predict) Train(FraudRecipe recipe)
    {
        var ml = new MLContext(Seed);
        var trainer = ml.BinaryClassification.Trainers.FastTree(new FastTreeBinaryTrainer.Options
        {
            NumberOfTrees = recipe.Trees,
            NumberOfLeaves = recipe.Leaves,
            MinimumExampleCountPerLeaf = 20,
            LearningRate = 0.15,
            NumberOfThreads = 1,
            Seed = Seed,
        });
        var trained = trainer.Fit(ml.Data.LoadFromEnumerable(new TransactionGenerator(Seed).Take(recipe.Rows).Select(row => Row.Of(row, recipe))));
        var model = Export(trained.Model, Judge(ml, trained, recipe));
        return (model, rows => [.. ml.Data.CreateEnumerable<Answer>(
            trained.Transform(ml.Data.LoadFromEnumerable(rows.Select(row => Row.Of(new CardTransaction(row, false), recipe)))), reuseRowObject: false).Select(answer => answer.Probability)]);
    }

    private static FraudMetrics Judge(MLContext ml, ITransformer trained, FraudRecipe recipe)
    {
        var holdOut = new TransactionGenerator(HoldOutSeed).Take(HoldOutRows).ToList();
        var judged = ml.BinaryClassification.Evaluate(trained.Transform(ml.Data.LoadFromEnumerable(holdOut.Select(row => Row.Of(row, recipe)))));
        return new FraudMetrics(judged.AreaUnderRocCurve, judged.LogLoss, holdOut.Count(row => row.IsFraud) / (double)HoldOutRows);
    }

    private static FraudModel Export(CalibratedModelParametersBase<FastTreeBinaryModelParameters, PlattCalibrator> trained, FraudMetrics metrics)
    {
        var ensemble = trained.SubModel.TrainedTreeEnsemble;
        var trees = ensemble.Trees.Select((tree, index) => new FraudTree(
            tree.NumericalSplitFeatureIndexes, tree.NumericalSplitThresholds, tree.LeftChild, tree.RightChild,
            [.. tree.LeafValues.Select(leaf => leaf * ensemble.TreeWeights[index])]));
        return new FraudModel([.. trees], ensemble.Bias, trained.Calibrator.Slope, trained.Calibrator.Offset, metrics);
    }

    private sealed class Row
    {
        [VectorType(8)]
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }

        /// <summary>A feature the recipe leaves out is 0 everywhere, so no tree ever splits on it.</summary>
        public static Row Of(CardTransaction transaction, FraudRecipe recipe) => new()
        {
            Features = [.. transaction.Features.Select((value, index) => recipe.Uses.Contains(CardTransaction.FeatureNames[index]) ? value : 0)],
            Label = transaction.IsFraud,
        };
    }

    private sealed class Answer
    {
        public float Probability { get; set; }
    }
}
