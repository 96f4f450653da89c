using System.Text;
using ControlPlane.Data.Artifacts;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Registry;
using Serving.Contracts.Models;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace ControlPlane.Web.Features.Registry;

/// <summary>What <c>card.md</c> and <c>meta.yaml</c> say of a version.</summary>
internal static class VersionNotesReader
{
    private const int LongestCard = 256 << 10;
    private const int LongestMeta = 64 << 10;

    public static async Task<Outcome<VersionNotes>> ReadAsync(IArtifactStore store, IReadOnlyList<ReceivedFile> files, CancellationToken cancel)
    {
        var notes = new VersionNotes();
        if (files.FirstOrDefault(file => file.Name == FileNames.Meta) is { } meta)
        {
            if (meta.Size > LongestMeta)
                return Refused($"meta.yaml has {meta.Size} bytes; {LongestMeta} are allowed.");
            try
            {
                notes = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).WithDuplicateKeyChecking().Build().Deserialize<MetaFile?>(await TextAsync(store, meta, cancel))?.ToNotes() ?? notes;
            }
            catch (YamlException broken)
            {
                return Refused($"meta.yaml, line {broken.Start.Line}: {broken.InnerException?.Message ?? broken.Message}");
            }
        }

        if (files.FirstOrDefault(file => file.Name == FileNames.Card) is { } card)
        {
            if (card.Size > LongestCard)
                return Refused($"card.md has {card.Size} bytes; {LongestCard} are allowed.");
            notes = notes with { Card = await TextAsync(store, card, cancel) };
        }

        return notes;
    }

    private static Refusal Refused(string message) => UploadRefusals.Of("DescriptionNotReadable",
        new ModelCheck(ModelChecks.Archive, ModelCheck.Failed, message, "meta.yaml may hold text, metrics, parameters, tags, source and parent."));

    private static async Task<string> TextAsync(IArtifactStore store, ReceivedFile file, CancellationToken cancel)
    {
        await using var stream = await store.ReadPartAsync(file.Part, cancel);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(cancel);
    }

    private sealed class MetaFile
    {
        public string? Text { get; set; }

        public Dictionary<string, double>? Metrics { get; set; }

        public Dictionary<string, string>? Parameters { get; set; }

        public List<string>? Tags { get; set; }

        public string? Source { get; set; }

        public string? Parent { get; set; }

        public VersionNotes ToNotes() => new(Text, Metrics, Parameters, Tags, null, Source, Parent);
    }
}
