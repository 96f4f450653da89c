using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Contracts.Models;
using Serving.Contracts.State;
using Serving.Node.Tensors;

namespace Serving.Node.Predict;

/// <summary>
/// Finds out whether a model gives each row the same answer in a batch as by itself, and what a run of 1, 2, 4, … rows takes.
/// A model that mixes its rows, has a fixed batch or fails on made-up values is never batched.
/// </summary>
internal sealed class BatchCurve(ServedModel model, RunSlot slot, long deadline, TimeProvider clock)
{
    private const int ComparedRows = 4;
    private const int Repeats = 5;
    private const double Tolerance = 1e-3;

    /// <summary>What the way through the queue costs a request, twice what it took on two cores with 32 callers.</summary>
    private static readonly TimeSpan _queueing = TimeSpan.FromMicroseconds(2.5);

    private static readonly TimeSpan _longestRun = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan _longest = TimeSpan.FromMilliseconds(400);

    /// <summary>What disturbs a run matters less the longer it is, and each takes a core from requests.</summary>
    private static readonly TimeSpan _enough = TimeSpan.FromMilliseconds(10);

    /// <summary>A model that takes longer than this, or never ends, is not batched.</summary>
    private static readonly TimeSpan _atMost = TimeSpan.FromSeconds(3);

    /// <returns>How to batch this model; never throws for what a model does.</returns>
    public static BatchPlan PlanOf(ServedModel model, BatchingConfiguration? wanted, TimeProvider time) => PlanOf(CostsOf(model, MostRows(wanted), time, time), wanted, time);

    /// <param name="costs">What was measured of this model, here or by its probe.</param>
    public static BatchPlan PlanOf(IReadOnlyList<BatchCost> costs, BatchingConfiguration? wanted, TimeProvider time)
    {
        var aNanosecond = time.TimestampFrequency / 1e9;
        var curve = costs.Where(cost => cost.Rows <= MostRows(wanted)).Select(cost => (cost.Rows, Math.Max(1, (long)(cost.Nanoseconds * aNanosecond)))).ToList();
        return BatchPlan.Of(curve, wanted, (long)(_queueing.TotalSeconds * time.TimestampFrequency), time.TimestampFrequency);
    }

    /// <summary>Rows that a run may have; 1 where the release forbids more.</summary>
    public static int MostRows(BatchingConfiguration? wanted) => wanted?.MaxSize ?? BatchPlan.DefaultRows;

    /// <param name="time">Ends what does not end.</param>
    /// <param name="clock">Tells how long a run took.</param>
    /// <returns>Ascending; empty: this model is never batched. Never throws for what a model does.</returns>
    public static IReadOnlyList<BatchCost> CostsOf(ServedModel model, int most, TimeProvider time, TimeProvider clock)
    {
        if (most <= 1 || !model.TakesBatches)
            return [];
        try
        {
            using var slot = new RunSlot(model.NewPlace(), time);
            var curve = new BatchCurve(model, slot, time.GetTimestamp() + (long)(_atMost.TotalSeconds * time.TimestampFrequency), clock);
            return curve.RowsAreIndependent() ? curve.Measure(most) : [];
        }
        catch (Exception failed) when (failed is OnnxRuntimeException or RunFailedException or DeadlineException or NotSupportedException or OutOfMemoryException or OverflowException)
        {
            return [];
        }
    }

    private List<BatchCost> Measure(int most)
    {
        var costs = new List<BatchCost>();
        var began = clock.GetTimestamp();
        for (var rows = 1; rows <= most; rows = rows < most ? Math.Min(rows * 2, most) : most + 1)
        {
            var best = TimeOf(rows);
            costs.Add(new BatchCost(rows, best * 1e9 / clock.TimestampFrequency));
            if (clock.GetElapsedTime(0, best) > _longestRun || clock.GetElapsedTime(began) > _longest)
                break;
        }

        return costs;
    }

    /// <summary>The least of several runs: the rest is what else the machine does.</summary>
    private long TimeOf(int rows)
    {
        using var call = new ModelCall(model);
        Fill(call, 0, rows);
        slot.Run(call, deadline);
        var best = long.MaxValue;
        var first = clock.GetTimestamp();
        for (var i = 0; i < Repeats && (i == 0 || clock.GetElapsedTime(first) < _enough); i++)
        {
            var began = clock.GetTimestamp();
            slot.Run(call, deadline);
            best = Math.Min(best, clock.GetTimestamp() - began);
        }

        return Math.Max(1, best);
    }

    private bool RowsAreIndependent()
    {
        using var together = new ModelCall(model);
        Fill(together, 0, ComparedRows);
        slot.Run(together, deadline);
        using var one = new ModelCall(model);
        using var part = new ModelCall(model);
        for (var row = 0; row < ComparedRows; row++)
        {
            Fill(one, row, 1);
            slot.Run(one, deadline);
            for (var i = 0; i < one.Outputs.Length; i++)
            {
                var whole = together.Outputs[i];
                if (!whole.IsBatched(ComparedRows) || !one.Outputs[i].IsBatched(1))
                    return false;
                part.Outputs[i].TakeRows(whole, row, 1);
                if (!Agree(part.Outputs[i], one.Outputs[i]))
                    return false;
            }
        }

        return true;
    }

    /// <summary>Values that differ from row to row and are the same whenever a row is made.</summary>
    private void Fill(ModelCall call, int firstRow, int rows)
    {
        foreach (var (input, tensor) in model.Inputs.Zip(call.Inputs))
        {
            long[] shape = [rows, .. input.Shape[1..].Select(size => size < 0 ? 1 : size)];
            tensor.Reshape(shape);
            if (tensor.IsText)
            {
                for (var i = 0; i < tensor.Count; i++)
                    tensor.AddText("");
                continue;
            }

            var size = Datatype.SizeOf(tensor.Type);
            var perRow = tensor.Count / rows;
            for (var i = 0; i < tensor.Count; i++)
                Write(tensor.Raw.Slice(i * size, size), tensor.Type, Mix((uint)(firstRow * perRow + i)));
        }
    }

    private static void Write(Span<byte> element, TensorElementType type, uint mixed)
    {
        var share = mixed / (double)uint.MaxValue;
        switch (type)
        {
            case TensorElementType.Float:
                BinaryPrimitives.WriteSingleLittleEndian(element, (float)(4 * share - 2));
                break;
            case TensorElementType.Double:
                BinaryPrimitives.WriteDoubleLittleEndian(element, 4 * share - 2);
                break;
            case TensorElementType.Float16:
                BinaryPrimitives.WriteHalfLittleEndian(element, (Half)(4 * share - 2));
                break;
            case TensorElementType.BFloat16:
                BinaryPrimitives.WriteUInt16LittleEndian(element, (ushort)(BitConverter.SingleToUInt32Bits((float)share) >> 16));
                break;
            default:
                // Indices and flags: what is in every table.
                element.Clear();
                element[0] = (byte)(mixed & 1);
                break;
        }
    }

    private static uint Mix(uint value)
    {
        value = (value ^ 61) ^ (value >> 16);
        value *= 9;
        value ^= value >> 4;
        value *= 0x27d4eb2d;
        return value ^ (value >> 15);
    }

    private static bool Agree(TensorBuffer batched, TensorBuffer single)
    {
        if (batched.Type != single.Type || !batched.Shape.SequenceEqual(single.Shape))
            return false;
        if (single.IsText)
        {
            for (var i = 0; i < single.Texts; i++)
            {
                if (!batched.Text(i).SequenceEqual(single.Text(i)))
                    return false;
            }

            return true;
        }

        return single.Type switch
        {
            TensorElementType.Float => Near(MemoryMarshal.Cast<byte, float>(batched.Raw), MemoryMarshal.Cast<byte, float>(single.Raw)),
            TensorElementType.Double => Near(MemoryMarshal.Cast<byte, double>(batched.Raw), MemoryMarshal.Cast<byte, double>(single.Raw)),
            _ => batched.Raw.SequenceEqual(single.Raw),
        };
    }

    private static bool Near<T>(ReadOnlySpan<T> batched, ReadOnlySpan<T> single)
        where T : unmanaged, System.Numerics.IFloatingPoint<T>
    {
        for (var i = 0; i < single.Length; i++)
        {
            var (first, second) = (double.CreateChecked(batched[i]), double.CreateChecked(single[i]));
            if (first != second && !(double.IsNaN(first) && double.IsNaN(second)) && !(Math.Abs(first - second) <= Tolerance * Math.Max(1, Math.Abs(second))))
                return false;
        }

        return true;
    }
}
