using Serving.Contracts;
using Serving.Contracts.State;
using Serving.Node.Hosting;

namespace Serving.Node.Versions;

/// <summary>The applied desired state on disk: two generations, each with its own checksum (the content hash).</summary>
internal sealed class StateStore(NodePaths paths)
{
    private static readonly int[] _generations = [0, 1];

    /// <summary>Files are there, but none can be read: what was served is lost.</summary>
    public bool IsLost { get; private set; }

    /// <summary>What was applied last, then what was applied before it; damaged files are left out.</summary>
    /// <remarks>A node never applies a revision that is not newer, so the revision says which was last; file times depend on a clock.</remarks>
    public IReadOnlyList<StateDocument> Read()
    {
        var found = _generations.Select(paths.State).Where(File.Exists).ToList();
        var whole = found.Select(Whole).OfType<StateDocument>().OrderByDescending(document => document.State.Revision).ToList();
        IsLost = found.Count > 0 && whole.Count == 0;
        return whole;
    }

    /// <summary>Takes the place of the generation that is not served.</summary>
    /// <param name="servedHash">Content hash of what is served now, which stays; null: nothing is.</param>
    public void Write(StateDocument document, string? servedHash)
    {
        var other = _generations.Select(paths.State)
            .OrderBy(path => Whole(path) is not { } whole ? long.MinValue : whole.ContentHash == servedHash ? long.MaxValue : whole.State.Revision)
            .First();
        FailPoint.Hit("node.state.beforeRename");
        Durable.Write(other, document.Utf8.Span);
        IsLost = false;
    }

    /// <summary>When a document that <see cref="Read"/> gave was written, by this machine's clock; null: it is there no more.</summary>
    public DateTimeOffset? WrittenAt(StateDocument document) => _generations.Select(paths.State)
        .Where(path => Whole(path)?.ContentHash == document.ContentHash).Select(path => (DateTimeOffset?)File.GetLastWriteTimeUtc(path)).FirstOrDefault();

    /// <returns>Null: not there, damaged, or not readable.</returns>
    private static StateDocument? Whole(string path)
    {
        try
        {
            return File.Exists(path) ? StateDocument.Verify(File.ReadAllBytes(path), out _) : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
