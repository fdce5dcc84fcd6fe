using System.Collections.Immutable;

namespace TrafficCtl.Core.Promotion.Bundles;

/// <summary>A bundle, or every reason why the parts make none.</summary>
public sealed record Paired(Bundle? Bundle, ImmutableArray<string> Problems);

/// <summary>Makes bundles: the parts of a new one are of one commit, a revision changes the configuration alone.</summary>
public static class Pairing
{
    /// <summary>The longest version, in characters.</summary>
    public const int LongestVersion = 128;

    private const string RevisionMark = "+cfg.";

    /// <summary>A new version. Where both parts name a commit, it is to be the same.</summary>
    public static Paired Pair(string version, BundlePart artifact, BundlePart? configuration = null)
    {
        var problems = ImmutableArray.CreateBuilder<string>();
        if (string.IsNullOrWhiteSpace(version)) problems.Add("version: is empty; name one, such as v24");
        else if (version.Length > LongestVersion)
            problems.Add($"version: has {version.Length} characters; at most {LongestVersion} are allowed");
        else if (version.Contains(RevisionMark, StringComparison.Ordinal))
            problems.Add($"version: {version} is the name of a configuration-only revision; publish the configuration of its base");
        CheckPart("artifact", artifact, problems);
        if (configuration is not null) CheckPart("configuration", configuration, problems);
        if (artifact.Commit is { } left && configuration?.Commit is { } right && left != right)
            problems.Add($"bundle: the artifact is of commit {left} and the configuration of {right}; publish both of one commit");
        return problems.Count > 0
            ? new(null, problems.ToImmutable())
            : new(new Bundle(version, 0, artifact, configuration), []);
    }

    /// <summary>A configuration-only revision of a bundle that was published, numbered after its newest one.</summary>
    /// <param name="newest">The bundle, or its newest revision.</param>
    /// <param name="configuration">May be of another commit: changing it alone is the purpose of a revision.</param>
    public static Paired Revise(Bundle newest, BundlePart configuration)
    {
        var problems = ImmutableArray.CreateBuilder<string>();
        CheckPart("configuration", configuration, problems);
        if (configuration.Digest == newest.Configuration?.Digest)
            problems.Add($"configuration: is that of {newest.Name} already; nothing would change");
        return problems.Count > 0
            ? new(null, problems.ToImmutable())
            : new(new Bundle(newest.Version, newest.Revision + 1, newest.Artifact, configuration), []);
    }

    /// <summary>A bundle as it was kept.</summary>
    /// <param name="revision">0 for the version itself.</param>
    /// <param name="hash">What <see cref="Bundle.Hash"/> was: parts that do not give it are not those that were published.</param>
    public static Paired Restore(string version, int revision, BundlePart artifact, BundlePart? configuration, string hash)
    {
        var problems = ImmutableArray.CreateBuilder<string>();
        if (string.IsNullOrWhiteSpace(version)) problems.Add("version: is empty");
        if (revision < 0) problems.Add($"revision: is {revision}, and counts from 0");
        CheckPart("artifact", artifact, problems);
        if (configuration is not null) CheckPart("configuration", configuration, problems);
        if (problems.Count > 0) return new(null, problems.ToImmutable());
        var bundle = new Bundle(version, revision, artifact, configuration);
        return bundle.Hash == hash
            ? new(bundle, [])
            : new(null, [$"bundle: the parts of {bundle.Name} give the hash {bundle.Hash}, and {hash} was published"]);
    }

    private static void CheckPart(string path, BundlePart part, ImmutableArray<string>.Builder problems)
    {
        if (string.IsNullOrWhiteSpace(part.Reference)) problems.Add($"{path}: names nothing; say where it is");
        if (string.IsNullOrWhiteSpace(part.Digest)) problems.Add($"{path}: has no digest; a bundle is named by its content");
    }
}
