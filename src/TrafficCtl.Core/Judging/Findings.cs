using System.Collections.Immutable;
using TrafficCtl.Core.Judging.Signals;

namespace TrafficCtl.Core.Judging;

/// <summary>One finding per signal, each a sentence with its numbers.</summary>
internal static class Findings
{
    /// <param name="margin">Index into <see cref="Margins.Multipliers"/>.</param>
    public static ImmutableArray<Finding> Of(Evidence evidence, int margin)
    {
        var findings = ImmutableArray.CreateBuilder<Finding>(evidence.Signals.Length + 2);
        foreach (var signal in evidence.Signals)
            if ((evidence.Mode == ComparedWith.Past ? signal.FindPast(evidence) : signal.Find(evidence, margin)) is { } finding)
                findings.Add(finding);
        if (evidence.Traffic.Find() is { } traffic) findings.Add(traffic);
        if (evidence.HotUser.Find() is { } user) findings.Add(user);
        if (evidence.HotClient.Find() is { } client) findings.Add(client);
        return findings.ToImmutable();
    }

    public static string NameOf(Evidence evidence, LastingFailure failure) =>
        evidence.Signals[failure.Signal].Name + (failure.IsHistorical ? Proof.PastSuffix : "");
}
