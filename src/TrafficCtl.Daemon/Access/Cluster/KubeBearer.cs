using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Core.Texts;
using TrafficCtl.Kubernetes;
using TrafficCtl.Kubernetes.Reviews;

namespace TrafficCtl.Daemon.Access.Cluster;

/// <summary>Verifies bearer tokens of Kubernetes clusters by asking their API servers: who it is, and what it may.</summary>
/// <remarks>Answers are kept for <see cref="Life"/>. Nobody is let in by an API server that does not answer.</remarks>
internal sealed class KubeBearer(Func<ImmutableArray<ReviewingCluster>> clusters, Views views, TimeProvider clock) : IBearer
{
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(10);

    private const int MostAnswers = 10_000, LongestToken = 16 * 1024;

    private readonly BriefCache<(string Cluster, string Token), KubeUser?> users = new(Life, MostAnswers, clock);
    private readonly BriefCache<(string Cluster, string Token, string Space, bool IsWish), ImmutableArray<Role>> roles =
        new(Life, MostAnswers, clock);

    public async ValueTask<Verified?> VerifyAsync(BearerCall call, CancellationToken stop)
    {
        if (call.Token.Length is 0 or > LongestToken) return null;
        (string Whom, string Why)? away = null;
        foreach (var (cluster, isFirst) in clusters().Select(static (cluster, at) => (cluster, at == 0)))
        {
            try
            {
                if (await LookAsync(cluster, isFirst, call.Token, call.Asked, stop) is { } found)
                    return IdentityOf(cluster, isFirst, call, found);
            }
            catch (KubeException fault)
            {
                var whom = cluster.Name == TargetKey.DefaultTarget ? "the cluster" : $"the cluster {cluster.Name}";
                away ??= (whom, fault.Message.TrimEnd('.'));
            }
        }

        // What an API server says of itself and of the controller is not for somebody who is nobody yet.
        return away is not { } silent
            ? default(Verified?)
            : Verified.Unknown($"{silent.Whom} cannot be asked now whose the token is: try again later", silent.Why);
    }

    private Verified IdentityOf(ReviewingCluster cluster, bool isFirst, BearerCall call, Found found)
    {
        var user = found.User;
        if (user.Name.Length > GrantSubject.LongestName || !Printable.IsPrintable(user.Name))
            return Verified.No($"its user has no name of at most {GrantSubject.LongestName} printable characters");
        var watch = new KubeRecheck(
            clock, Life, async () => await LookAsync(cluster, isFirst, call.Token, call.Asked, CancellationToken.None) is { } now
                && now.User.Name == user.Name && now.User.Groups.SequenceEqual(user.Groups) && now.Rights.IsSame(found.Rights));
        return new Identity(user.Name, "kubernetes", [])
        {
            Subjects =
            [
                new GrantSubject(SubjectKind.KubernetesUser, user.Name),
                .. user.Groups.Select(static group => new GrantSubject(SubjectKind.KubernetesGroup, group)),
            ],
            Groups = GroupNames.Of(user.Groups),
            Also = found.Rights.RolesFor,
            IsStillGood = watch.IsStillGood,
        };
    }

    /// <summary>Null when the cluster does not know the token.</summary>
    /// <exception cref="KubeException">The cluster cannot be asked.</exception>
    private async Task<Found?> LookAsync(ReviewingCluster cluster, bool isFirst, string token, AskedCall asked, CancellationToken stop)
    {
        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        var user = await users.GetAsync((cluster.Name, key), () => cluster.Reviews.WhoAsync(token, CancellationToken.None)).WaitAsync(stop);
        if (user is null) return null;
        var spaces = KubeRights.SpacesOf(views, asked.Service, cluster.Name, isFirst);
        var answers = await Task.WhenAll(spaces.Select(async space => (Space: space, Roles: await roles.GetAsync(
            (cluster.Name, key, space, asked.IsWish), () => KubeRights.AskAsync(cluster.Reviews, user, space, asked.IsWish))
            .WaitAsync(stop))));
        var byNamespace = answers.ToFrozenDictionary(static one => one.Space, static one => one.Roles, StringComparer.Ordinal);
        return new Found(user, new KubeRights(byNamespace, views, cluster.Name, isFirst));
    }

    private sealed record Found(KubeUser User, KubeRights Rights);
}

/// <summary>A cluster whose users may ask.</summary>
/// <param name="Name">The name of the targets there.</param>
/// <param name="Reviews">Asks its API server.</param>
internal sealed record ReviewingCluster(string Name, KubeReviews Reviews);
