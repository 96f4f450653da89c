using Serving.Contracts.State;
using Serving.Node.Hosting;
using Serving.Contracts;

namespace Serving.Node.Versions;

/// <summary>The applied desired state on disk: two generations, each with its own checksum (the content hash).</summary>
internal sealed class StateStore(NodePaths paths)
{
    private static readonly int[] _generations = [0, 1];

    /// <summary>Files are there, but none can be read: what was served is lost.</summary>
    public bool IsLost { get; private set; }

    /// <summary>What was applied last, then what was applied before it; damaged files are left out.</summary>
    public IReadOnlyList<StateDocument> Read()
    {
        var found = _generations.Select(paths.State).Where(File.Exists).ToList();
        var whole = found
            .Select(path => (Document: StateDocument.Verify(File.ReadAllBytes(path), out _), Written: File.GetLastWriteTimeUtc(path)))
            .Where(read => read.Document is not null)
            .OrderByDescending(read => read.Written)
            .ThenByDescending(read => read.Document!.State.Revision)
            .Select(read => read.Document!)
            .ToList();
        IsLost = found.Count > 0 && whole.Count == 0;
        return whole;
    }

    /// <summary>Takes the place of the older generation.</summary>
    public void Write(StateDocument document)
    {
        var older = _generations.Select(paths.State)
            .OrderBy(path => File.Exists(path) && StateDocument.Verify(File.ReadAllBytes(path), out _) is not null ? File.GetLastWriteTimeUtc(path) : DateTime.MinValue)
            .First();
        FailPoint.Hit("node.state.beforeRename");
        Durable.Write(older, document.Utf8.Span);
        IsLost = false;
    }
}
