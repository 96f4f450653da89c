using System.Text.Json;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.OpenInference;

/// <summary>Reads what a request asks for beside its tensors: which outputs in which form, and how it is to be treated.</summary>
internal static class OipWishes
{
    /// <exception cref="BadInputException">It is no list of the model's outputs, each named once.</exception>
    public static void ReadOutputs(ref Utf8JsonReader reader, OipExchange exchange)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new BadInputException("outputs", "outputs must be an array of objects with a name.");

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new BadInputException("outputs", "outputs must be an array of objects with a name.");
            ReadOutput(ref reader, exchange);
        }
    }

    private static void ReadOutput(ref Utf8JsonReader reader, OipExchange exchange)
    {
        var wanted = new WantedOutput(-1);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("name"u8))
                wanted = wanted with { Index = IndexOf(OipMembers.TextOf(ref reader, "outputs.name"), exchange) };
            else if (reader.ValueTextEquals("parameters"u8))
                wanted = ReadForm(ref reader, wanted);
            else
                reader.Skip();
        }

        if (wanted.Index < 0)
            throw new BadInputException("outputs.name", "Each of outputs needs a name.");
        foreach (var other in exchange.Wanted)
        {
            if (other.Index == wanted.Index)
                throw new BadInputException("outputs", $"Output {exchange.Call.Model.OutputNames[wanted.Index]} is asked for twice.");
        }

        exchange.Wanted.Add(wanted);
    }

    private static int IndexOf(string name, OipExchange exchange)
    {
        var known = exchange.Call.Model.OutputNames;
        var at = Array.IndexOf(known, name);
        return at >= 0 ? at : throw new BadInputException("outputs", $"The model has no output {name}; it has {string.Join(", ", known)}.");
    }

    private static WantedOutput ReadForm(ref Utf8JsonReader reader, WantedOutput wanted)
    {
        OipMembers.BeginObject(ref reader, "outputs.parameters");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("binary_data"u8))
                wanted = wanted with { Binary = OipMembers.FlagOf(ref reader, "outputs.parameters.binary_data") };
            else if (reader.ValueTextEquals("classification"u8))
                wanted = wanted with { Classes = (int)OipMembers.NumberOf(ref reader, "outputs.parameters.classification", 1, int.MaxValue) };
            else
                reader.Skip();
        }

        return wanted;
    }

    /// <summary>Deadline, priority, form of the outputs and the entities whose features are looked up.</summary>
    /// <exception cref="BadInputException">A known parameter is not of its kind.</exception>
    public static void ReadParameters(ref Utf8JsonReader reader, OipExchange exchange)
    {
        OipMembers.BeginObject(ref reader, "parameters");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("timeout"u8))
                exchange.TimeoutUs = OipMembers.NumberOf(ref reader, "parameters.timeout", 0, long.MaxValue);
            else if (reader.ValueTextEquals("priority"u8))
                exchange.Priority = (int)OipMembers.NumberOf(ref reader, "parameters.priority", 0, int.MaxValue);
            else if (reader.ValueTextEquals("binary_data_output"u8))
                exchange.BinaryOutputs = OipMembers.FlagOf(ref reader, "parameters.binary_data_output");
            else
                ReadParameter(ref reader, exchange);
        }
    }

    private static void ReadParameter(ref Utf8JsonReader reader, OipExchange exchange)
    {
        var name = reader.GetString()!;
        reader.Read();
        if (reader.TokenType == JsonTokenType.String && name.StartsWith("entity.", StringComparison.Ordinal))
            (exchange.Entities ??= new(StringComparer.Ordinal))[name["entity.".Length..]] = reader.GetString()!;
        else
            reader.Skip();
    }
}
