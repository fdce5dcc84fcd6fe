using System.Collections.Immutable;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Control.Promoting.Observing;

/// <summary>Publications as bundles that are not recorded yet.</summary>
/// <param name="Facts">Oldest first.</param>
/// <param name="Refused">Those that make no bundle, in sentences.</param>
internal sealed record PublishedFacts(ImmutableArray<PromotionFact> Facts, ImmutableArray<string> Refused)
{
    /// <param name="spec">Names the versions that run already, where the runtime is static: they are published by the file.</param>
    /// <param name="line">The bundles that are recorded.</param>
    /// <param name="publications">Oldest first.</param>
    /// <param name="now">The time of the round.</param>
    public static PublishedFacts Of(PipelineSpec spec, BundleLine line, ImmutableArray<Publication> publications, DateTimeOffset now)
    {
        var facts = ImmutableArray.CreateBuilder<PromotionFact>();
        var refused = ImmutableArray.CreateBuilder<string>();
        foreach (var publication in publications)
        {
            if (line.FindNamed(publication.Version)?.Bundle.Artifact.Digest == publication.Digest) continue;
            line = Take(line, Pair(publication), $"published from {publication.From}", publication.Author);
        }

        foreach (var version in spec.Targets.Select(static t => t.Runtime).OfType<RuntimeSpec.Static>().SelectMany(static r => r.Versions))
        {
            if (line.FindNamed(version.Version) is not null) continue;
            var listed = Pairing.Pair(version.Version, new BundlePart(version.Version, $"listed:{version.Version}"));
            line = Take(line, listed with { Bundle = listed.Bundle is { } made ? made with { PublishedAt = now } : null }, "listed", "");
        }

        return new(facts.ToImmutable(), refused.ToImmutable());

        BundleLine Take(BundleLine to, Paired paired, string why, string author)
        {
            refused.AddRange(paired.Problems.Select(p => $"{spec.Service}: {p}"));
            if (paired.Bundle is not { } bundle) return to;
            if (to.Refusal(bundle) is { } refusal)
            {
                refused.Add($"{spec.Service}: {refusal}");
                return to;
            }

            facts.Add(new PromotionFact.Published(new(0, now, author.Length > 0 ? author : FactStamp.Engine, why), bundle));
            return to.Add(bundle);
        }
    }

    private static Paired Pair(Publication publication)
    {
        var part = new BundlePart(publication.Artifact ?? publication.Digest, publication.Digest, publication.Commit);
        var paired = Pairing.Pair(publication.Version, part);
        return paired with
        {
            Bundle = paired.Bundle is { } bundle
                ? bundle with
                {
                    Author = publication.Author.Length > 0 ? publication.Author : null,
                    Change = Uri.TryCreate(publication.Change, UriKind.Absolute, out var change) ? change : null,
                    Compatibility = publication.Compatibility,
                    PublishedAt = publication.At,
                }
                : null,
        };
    }
}
