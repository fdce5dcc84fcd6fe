using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Storage;

/// <summary>Where a service's objects are: its Delivery is named as its Service, its Rollouts as the rollouts.</summary>
internal static class ObjectNames
{
    private const int LongestLabel = 63, HashLength = 8;

    /// <param name="key"><c>namespace.service</c>, or a bare service.</param>
    /// <param name="home">The namespace of a bare service.</param>
    public static KubeName Delivery(TargetKey key, string home)
    {
        var (space, service) = Split(key.Service, home);
        return new KubeName(KubeKind.Delivery, space, service);
    }

    /// <summary><c>service-environment-n</c>; with a hash behind it where another service's rollout might be called so too.</summary>
    public static KubeName Rollout(TargetKey key, string home, int number)
    {
        var (space, service) = Split(key.Service, home);
        var environment = Safe(key.Environment);
        var name = string.Create(CultureInfo.InvariantCulture, $"{service}-{environment}-{number}");
        // "a" in "b-c" and "a-b" in "c" read the same; the environment's dash tells them apart.
        return new KubeName(KubeKind.Rollout, space, environment.Contains('-', StringComparison.Ordinal)
            ? $"{name}-{Hash($"{key.Service}@{key.Environment}")}"
            : name);
    }

    /// <summary>n of a rollout's id; 0 when it has none.</summary>
    public static int NumberOf(string rolloutId) =>
        int.TryParse(rolloutId.AsSpan(rolloutId.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : 0;

    private static (string Namespace, string Service) Split(string service, string home)
    {
        var dot = service.IndexOf('.', StringComparison.Ordinal);
        return dot <= 0 || dot == service.Length - 1 ? (home, Safe(service)) : (Safe(service[..dot]), Safe(service[(dot + 1)..]));
    }

    /// <summary>A DNS label; what had to be changed for it keeps a hash of what it was.</summary>
    private static string Safe(string name)
    {
        if (name.Length is > 0 and <= LongestLabel && name.All(IsPlain) && name[0] != '-' && name[^1] != '-') return name;
        var plain = string.Concat(name.ToLowerInvariant().Select(c => IsPlain(c) ? c : '-')).Trim('-');
        var kept = plain[..Math.Min(plain.Length, LongestLabel - HashLength - 1)].TrimEnd('-');
        return kept.Length == 0 ? $"x-{Hash(name)}" : $"{kept}-{Hash(name)}";
    }

    private static bool IsPlain(char c) => c is >= 'a' and <= 'z' or >= '0' and <= '9' or '-';

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..HashLength];
}
