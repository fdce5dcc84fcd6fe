using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace TrafficCtl.Core.Tests.Judging.Ranks;

/// <summary>Random samples and what R and SciPy say of them: <c>tests/reference/ranks.py</c>.</summary>
internal sealed record RankReference(int Seed, string R, string Scipy, double[] Probs, RankCase[] Cases)
{
    private static readonly JsonSerializerOptions Names = new(JsonSerializerDefaults.Web);

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Reference");

    /// <summary>As recorded.</summary>
    public static RankReference Recorded() => Parse(File.ReadAllText(Path.Combine(Folder, "ranks.json")));

    /// <summary>Computed now, or null and why not.</summary>
    public static (RankReference? Computed, string Why) Compute(int seed)
    {
        if (Run("Rscript", "--version").Code != 0) return (null, "Rscript is not installed (Debian: r-base-core)");
        foreach (var python in new[] { "/usr/bin/python3", "python3" })
        {
            if (Run(python, "-c", "import numpy, scipy.stats").Code != 0) continue;
            var (code, output, error) = Run(python, Path.Combine(Folder, "ranks.py"), $"{seed}");
            return code == 0 ? (Parse(output), "") : throw new InvalidOperationException($"ranks.py ended with {code}: {error}");
        }

        return (null, "no python3 with NumPy and SciPy (Debian: python3-numpy python3-scipy)");
    }

    private static RankReference Parse(string json) => JsonSerializer.Deserialize<RankReference>(json, Names)!;

    private static (int Code, string Output, string Error) Run(string program, params string[] arguments)
    {
        try
        {
            using var process =
                Process.Start(new ProcessStartInfo(program, arguments)
                {
                    UseShellExecute = false,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                })!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.GetAwaiter().GetResult());
        }
        catch (Win32Exception notThere)
        {
            return (127, "", notThere.Message);
        }
    }
}

/// <param name="Exact">May be tested exactly.</param>
internal sealed record RankCase(
    string Name, string Alternative, double Confidence, bool Exact, bool Corrected, double[] X, double[] Y, RankAnswer R, RankAnswer Scipy);

/// <summary>SciPy gives no interval, and no p where it would count interleavings for long.</summary>
internal sealed record RankAnswer(bool? IsExact, double? U, double? P, double Shift, double? Low, double? High, double[] Quantiles);
