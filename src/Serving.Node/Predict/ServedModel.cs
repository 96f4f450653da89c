using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.ObjectPool;
using Serving.Contracts.Models;
using Serving.Node.Tensors;

namespace Serving.Node.Predict;

/// <summary>
/// A model that can be run, in this process or in one of its own: what it takes and gives, and the memory its calls use in turn.
/// Thread-safe; <see cref="Dispose"/> is safe to call twice, but not while a call is under way.
/// </summary>
internal abstract class ServedModel : IDisposable
{
    private const int CallsKept = 64;

    private readonly ObjectPool<ModelCall> _calls;
    private int _disposed;

    /// <param name="defaults">Inputs that may be left out.</param>
    protected ServedModel(ModelSignature signature, TensorInput[] inputs, TensorInput[] defaults, bool takesBatches)
    {
        _calls = new DefaultObjectPoolProvider { MaximumRetained = CallsKept }.Create(new Calls(this));
        Signature = signature;
        Inputs = inputs;
        AllInputs = defaults.Length == 0 ? inputs : [.. inputs, .. defaults];
        Outputs = [.. signature.Outputs];
        OutputNames = [.. Outputs.Select(output => output.Name)];
        JsonNames = [.. OutputNames.Select(name => JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping))];
        TakesBatches = takesBatches;
        HasOutputsWithoutJson = Array.Exists(Outputs, output => output.IsTensor() && !(Datatype.Parse(Encoding.UTF8.GetBytes(output.Type)) is { } type && Datatype.HasJsonForm(type)));
    }

    public ModelSignature Signature { get; }

    /// <summary>Those that must be given, in the order of the file.</summary>
    public TensorInput[] Inputs { get; }

    /// <summary><see cref="Inputs"/>, then those with a default, which may be given.</summary>
    public TensorInput[] AllInputs { get; }

    public TensorSpec[] Outputs { get; }

    public string[] OutputNames { get; }

    /// <summary>Whether, by its signature, the first dimension of everything is the number of rows.</summary>
    public bool TakesBatches { get; }

    /// <summary>Whether an output can leave in binary form only.</summary>
    public bool HasOutputsWithoutJson { get; }

    /// <summary>The names of the outputs as they stand in JSON.</summary>
    public JsonEncodedText[] JsonNames { get; }

    /// <summary>Physical memory that only this model takes, bytes; 0: not known.</summary>
    public virtual long MemoryBytes => 0;

    /// <summary>Why it will not run any more; null: it does.</summary>
    public virtual string? Lost => null;

    /// <summary>A place to run in, one run at a time; any number of them.</summary>
    public abstract RunPlace NewPlace();

    /// <summary>Runs it again after all.</summary>
    public virtual void Forgive()
    {
    }

    /// <summary>Memory for one call, to be given back by <see cref="Return"/>.</summary>
    public ModelCall Rent() => _calls.Get();

    public void Return(ModelCall call)
    {
        // A run that does not end still writes to it.
        if (call.IsLost)
            return;
        call.Reset();
        _calls.Return(call);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        (_calls as IDisposable)?.Dispose();
        Close();
    }

    protected abstract void Close();

    private sealed class Calls(ServedModel model) : PooledObjectPolicy<ModelCall>
    {
        public override ModelCall Create() => new(model);

        public override bool Return(ModelCall obj) => true;
    }
}
