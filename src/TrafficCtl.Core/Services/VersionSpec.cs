using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Services;

/// <param name="Endpoints">
/// Absolute http or https addresses, or Unix sockets (<see cref="UnixAddress"/>), at least one; none where something else routes.
/// </param>
/// <param name="Content">What the version is made of where it has no endpoints here: a hash of its pod template and configuration.</param>
public sealed record VersionSpec(string Version, ImmutableArray<Uri> Endpoints, string? Content = null)
{
    /// <summary>Names the endpoints, not their order, or the content: a rolled-back version may be retried when this changes.</summary>
    public string Fingerprint { get; } = Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes(Content ?? string.Join('\n', Endpoints.Select(e => e.AbsoluteUri).Order(StringComparer.Ordinal)))))[..16];

    /// <summary>No file lists it any more; it serves on with its last known endpoints, because nothing else was shown to be good.</summary>
    public bool IsRetained { get; init; }
}
