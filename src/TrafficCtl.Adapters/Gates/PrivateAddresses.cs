using System.Collections.Immutable;
using System.Net;

namespace TrafficCtl.Adapters.Gates;

/// <summary>Addresses that only somebody inside can reach: a file must not make this process a way to them.</summary>
internal static class PrivateAddresses
{
    private static readonly ImmutableArray<IPNetwork> Loopback = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    private static readonly ImmutableArray<IPNetwork> Inside =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("169.254.0.0/16"),
        IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("224.0.0.0/3"), IPNetwork.Parse("::/128"),
        IPNetwork.Parse("fc00::/7"), IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("ff00::/8"),
    ];

    /// <summary>Why it is not asked; null where it may be.</summary>
    /// <param name="address">That would be connected to.</param>
    /// <param name="mayAskLoopback">Whoever names it may name what listens on this machine.</param>
    /// <param name="allowed">Those of <c>--allow-address</c>.</param>
    public static string? WhyNot(IPAddress address, bool mayAskLoopback, ImmutableArray<IPNetwork> allowed)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (allowed.Any(n => n.Contains(address))) return null;
        if (Loopback.Any(n => n.Contains(address)))
            return mayAskLoopback ? null : $"on this machine: start the daemon with --allow-address {address}";
        return Inside.Any(n => n.Contains(address)) ? $"a private address: start the daemon with --allow-address {address}" : null;
    }
}
