using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Serving.Contracts.Models.Onnx;
using Testing;

namespace Serving.Node.Tests.Inspect;

/// <summary>Models of other makers, damaged at random, through the scan and the inspection as they are started for real.</summary>
public sealed class MutantTests : IDisposable
{
    private const int LargestSeed = 128 << 10;

    /// <summary>Three thousand where <c>./test --soak</c> asks for its million requests.</summary>
    private static readonly int _mutants = int.Parse(Environment.GetEnvironmentVariable("FUZZ_CASES") ?? "0", CultureInfo.InvariantCulture) >= 1_000_000 ? 3_000 : 300;

    private readonly string _folder = Directory.CreateTempSubdirectory("mutants-").FullName;

    [Fact]
    public async Task S5_H52_Damaged_models_get_a_report_or_take_a_throw_away_process_down_and_nothing_else()
    {
        var random = new Random(17);
        var seeds = Directory.GetFiles(Path.Combine(Repository.Shared, "models", "good"), "*.onnx").Where(path => new FileInfo(path).Length < LargestSeed).Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToList();
        var scanned = 0;
        for (var number = 0; number < _mutants; number++)
        {
            var mutant = Mutate(random, seeds[number % seeds.Count]);
            await File.WriteAllBytesAsync(Path.Combine(_folder, $"m{number:0000}.onnx"), mutant);
            scanned += OnnxScan.Scan(new MemoryStream(mutant), mutant.Length, new Dictionary<string, long>(), new OnnxLimits(), CancellationToken.None).Failed is null ? 1 : 0;
        }

        using var many = Process.Start(new ProcessStartInfo(Repository.Program("Serving.Node"), ["inspect", "--many", _folder]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = many.StandardError.ReadToEndAsync();
        var lines = (await many.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await many.WaitForExitAsync();

        var answers = lines.Select(line => JsonSerializer.Deserialize<JsonElement>(line)).ToList();
        var reports = answers.Where(answer => answer.TryGetProperty("report", out _)).Select(answer => answer.GetProperty("report").GetProperty("checks").GetArrayLength()).ToList();
        Assert.True(many.ExitCode == 0, await errors);
        Assert.Equal(Enumerable.Range(0, _mutants).Select(number => $"m{number:0000}.onnx"), answers.Select(answer => answer.GetProperty("file").GetString()));
        Assert.All(answers.Where(answer => !answer.TryGetProperty("report", out _)), answer => Assert.NotEqual(0, answer.GetProperty("exit").GetInt32()));
        Assert.All(reports, checks => Assert.InRange(checks, 1, 10));
        // Neither all nor none: a fuzzer that only makes rubbish, or changes nothing, tests nothing.
        Assert.InRange(scanned, _mutants / 20, _mutants - 1);
        Assert.True(reports.Count > _mutants / 2, $"{reports.Count} reports.");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static byte[] Mutate(Random random, byte[] seed)
    {
        var mutant = (byte[])seed.Clone();
        for (var times = random.Next(1, 6); times > 0; times--)
        {
            // Half of the damage goes where names and shapes lie, at both ends; the middle is mostly weights.
            var at = random.Next(2) == 0 ? random.Next(mutant.Length) : random.Next(2) == 0 ? random.Next(Math.Min(512, mutant.Length)) : mutant.Length - 1 - random.Next(Math.Min(512, mutant.Length));
            switch (random.Next(5))
            {
                case 0:
                    mutant[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    mutant[at] = (byte)random.Next(256);
                    break;
                case 2:
                    mutant.AsSpan(at, Math.Min(8, mutant.Length - at)).Fill(0xFF);
                    break;
                case 3 when random.Next(4) == 0:
                    mutant = mutant[..Math.Max(2, at)];
                    break;
                default:
                    var length = Math.Min(random.Next(1, 32), mutant.Length - at);
                    mutant = [.. mutant[..at], .. mutant[at..(at + length)], .. mutant[at..]];
                    break;
            }
        }

        return mutant;
    }
}
