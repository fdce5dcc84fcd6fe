using TrafficCtl.Core.Signals;
using TrafficCtl.Simulator.Chances;

namespace TrafficCtl.Simulator.Services;

/// <summary>
/// Users who are answered 404 all day, each on the arm of its bucket, and the table that caps them at three in ten minutes.
/// </summary>
internal sealed class ScannerList
{
    private const double Expiry = 600;
    private const int MostErrors = 3;

    private readonly Scanners scanners;
    private readonly Chance chance;
    private readonly User[] users;

    public ScannerList(Scanners scanners, Chance chance)
    {
        (this.scanners, this.chance) = (scanners, chance);
        users = [.. Enumerable.Range(0, scanners.Users).Select(_ => new User(chance.Uniform()))];
    }

    /// <param name="now">Seconds.</param>
    /// <param name="seconds">The interval's length.</param>
    /// <param name="share">The candidate's, 0..1.</param>
    /// <param name="ask">Is told of each scanner: whether it is on the candidate, its requests, and how many of them count.</param>
    public void Serve(double now, double seconds, double share, Action<bool, long, long> ask)
    {
        foreach (var user in users)
        {
            var isCandidate = user.Bucket < share;
            ref var entry = ref isCandidate ? ref user.OnCandidate : ref user.OnStable;
            if (!(now - entry.Since < Expiry)) entry = (now, 0);
            var requests = chance.Poisson(scanners.RequestsPerSecond * seconds);
            var counted = Math.Min(requests, MostErrors - entry.Errors);
            entry.Errors += (int)counted;
            ask(isCandidate, requests, counted);
        }
    }

    /// <summary>What the table of users has of one arm.</summary>
    public UserCounts Count(double now, bool isCandidate)
    {
        var (errors, squares, failing) = (0L, 0L, 0L);
        foreach (var user in users)
        {
            var (since, met) = isCandidate ? user.OnCandidate : user.OnStable;
            if (met == 0 || !(now - since < Expiry)) continue;
            (errors, squares, failing) = (errors + met, squares + (met * met), failing + 1);
        }

        return new UserCounts(failing, 0, 0, 0, 0, failing, false)
        {
            ClientErrors = errors,
            SquaredClientErrors = squares,
            ClientFailing = failing,
        };
    }

    private sealed class User(double bucket)
    {
        public (double Since, int Errors) OnStable = (double.NegativeInfinity, 0), OnCandidate = (double.NegativeInfinity, 0);

        public double Bucket => bucket;
    }
}
