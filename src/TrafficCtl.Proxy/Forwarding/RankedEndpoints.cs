using System.Collections;
using TrafficCtl.Core.Cohorts;
using Yarp.ReverseProxy.Model;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>Endpoints of which each user has one: by rendezvous hashing, alike in every process.</summary>
/// <remarks>
/// Each pair of a user and an endpoint has a rank, and the user goes to the endpoint of the highest one. Where an endpoint goes, only its
/// own users move, evenly to all others; when it is back they return (Thaler and Ravishankar, 1998). Endpoints are hashed when the list is
/// made, which is when their health changes.
/// </remarks>
internal sealed class RankedEndpoints(IReadOnlyList<DestinationState> endpoints) : IReadOnlyList<DestinationState>
{
    private readonly DestinationState[] endpoints = [.. endpoints];
    private readonly ulong[] hashes = [.. endpoints.Select(static e => HashOf(e.DestinationId))];

    public int Count => endpoints.Length;

    public DestinationState this[int index] => endpoints[index];

    /// <param name="user">The hash of an identity.</param>
    /// <param name="among">At least one.</param>
    public static DestinationState Choose(uint user, IReadOnlyList<DestinationState> among)
    {
        var hashed = (among as RankedEndpoints)?.hashes;
        var (best, highest) = (0, 0UL);
        for (var i = 0; i < among.Count; i++)
        {
            var rank = Rank(user, hashed is null ? HashOf(among[i].DestinationId) : hashed[i]);
            if (rank < highest) continue;
            (best, highest) = (i, rank);
        }

        return among[best];
    }

    public IEnumerator<DestinationState> GetEnumerator() => ((IEnumerable<DestinationState>)endpoints).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => endpoints.GetEnumerator();

    /// <summary>The finalizer of MurmurHash3's 128-bit variant: each bit of the input changes half of the output's.</summary>
    private static ulong Rank(uint user, ulong endpoint)
    {
        // The odd constant is 2^64 over the golden ratio: neighbouring users are far from each other.
        var rank = endpoint ^ (user * 0x9E37_79B9_7F4A_7C15UL);
        rank = (rank ^ (rank >> 33)) * 0xFF51_AFD7_ED55_8CCDUL;
        rank = (rank ^ (rank >> 33)) * 0xC4CE_B9FE_1A85_EC53UL;
        return rank ^ (rank >> 33);
    }

    private static ulong HashOf(string endpoint) => ((ulong)HashOf(endpoint, 1) << 32) | HashOf(endpoint, 2);

    private static uint HashOf(string endpoint, uint seed)
    {
        var hash = new Murmur3(seed);
        hash.AppendUtf8(endpoint);
        return hash.Finish();
    }
}
