using System.Text.Json;
using TrafficCtl.Core.Judging.Estimates;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging;

/// <summary>Random sequences and what the reference engine says of them: <c>tests/reference/engine.py</c>.</summary>
internal sealed record EngineReference(
    PairCase[] Pairs, DispersionCase[] Dispersions, RateCase[] Rates, RatioCase[] Ratios, GaugeCase[] Gauges, double[][] Growths)
{
    private static readonly JsonSerializerOptions Names = new(JsonSerializerDefaults.Web);

    public static readonly EngineReference Recorded = JsonSerializer.Deserialize<EngineReference>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Reference", "engine.json")), Names)!;

    public static PairCounts Pair(double[] row) => new(row[0], row[1], row[2], row[3]);

    /// <summary>Within 1e-9, relative above one.</summary>
    public static void Agree(double expected, double found, string where) =>
        Assert.True(Math.Abs(expected - found) <= 1e-9 * Math.Max(1, Math.Abs(expected)), $"{where}: {found:R} instead of {expected:R}");
}

/// <param name="Cap">The cap of a tick's factor; null for none.</param>
/// <param name="Ticks">n_C, x_C, n_B, x_B, θ_B, φ, share; ln E after it.</param>
/// <param name="Weights">The weights of the wealth at the end, cash first.</param>
internal sealed record PairCase(string Name, string Bets, double Rho, double Delta, double? Cap, double[][] Ticks, double[] Weights);

/// <param name="Ticks">n_C, x_C, n_B, x_B, weight, θ_B; φ of harm and of non-inferiority.</param>
/// <param name="After">S₁, ν₁, S₃, ν₃.</param>
internal sealed record DispersionCase(string Name, double Tau0, double TauMin, double Seconds, double[][] Ticks, double[] After);

/// <param name="Events">The events in its history.</param>
/// <param name="Ticks">x, n; the estimate after it.</param>
internal sealed record RateCase(double A, double B, double Events, double Requests, double Seconds, double[][] Ticks);

/// <param name="Ticks">n_C, x_C, n_B, x_B, φ.</param>
/// <param name="Looks">Ticks so far; low, estimate and high at 95 %, and at 99 %.</param>
internal sealed record RatioCase(double[][] Ticks, double[][] Looks);

/// <param name="Blocks">y; ln E after it.</param>
internal sealed record GaugeCase(double Tolerance, int Side, double? Cap, double[][] Blocks, double Correlation, double Scale);
