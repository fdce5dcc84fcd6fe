using TrafficCtl.Core.Signals;

namespace TrafficCtl.Offline.Judging;

/// <summary>Reads <c>users</c>: how many there were, and what became of their requests.</summary>
internal static class FileUserReader
{
    private const int ErrorsAUser = 3;

    public static bool Read(ref JsonCursor from, FileWindow window)
    {
        if (!from.Needs('{')) return false;
        var (key, given) = (-1, 0);
        Span<long> values = stackalloc long[11];
        values.Clear();
        var isFull = false;
        if (!from.Takes('}'))
        {
            do
            {
                if (!KeySet.Users.Read(ref from, ref key, ref given)) return false;
                if (key == 5)
                {
                    if (!from.Flag("users.full"u8, out isFull)) return false;
                }
                else if (!from.Count(
                    KeySet.Users.NameOf(key), key == 7
                        ? WindowReader.MostRequests * WindowReader.MostRequests
                        : ErrorsAUser * ErrorsAUser * WindowReader.MostRequests,
                    out values[key]))
                {
                    return false;
                }
            }
            while (from.Next('}'));
        }

        if (from.Problem is not null) return false;
        var (sessions, broken, errors, squares, failing) = (values[0], values[1], values[2], values[3], values[4]);
        if (!CanBe(errors, squares, failing))
            return from.Fail(
                $"users cannot have errors {errors}, squares {squares} and failing {failing} together, sum each user's errors up to "
                    + $"{ErrorsAUser}, and their squares");
        var (clientErrors, clientSquares, clientFailing) = (values[8], values[9], values[10]);
        if (!CanBe(clientErrors, clientSquares, clientFailing))
            return from.Fail(
                $"users cannot have clientErrors {clientErrors}, clientSquares {clientSquares} and clientFailing {clientFailing} together, "
                    + $"sum each user's client errors up to {ErrorsAUser}, and their squares");
        var (active, requestSquares) = (values[6], values[7]);
        if ((active > 0) != (requestSquares > 0) || requestSquares < active)
            return from.Fail(
                $"users cannot have active {active} and requestSquares {requestSquares} together, sum the squares of each active user's "
                    + "requests");
        window.Flow = new UserFlow(sessions, broken, active, requestSquares);
        var users = Math.Max(sessions, Math.Max(failing, clientFailing));
        window.Users = new UserCounts(users, errors, squares, failing, broken, users, isFull)
        {
            ClientErrors = clientErrors,
            SquaredClientErrors = clientSquares,
            ClientFailing = clientFailing,
        };
        return true;
    }

    /// <summary>Each of those who fail has one error to three of them.</summary>
    private static bool CanBe(long errors, long squares, long failing) =>
        squares >= errors && squares <= errors * ErrorsAUser && errors <= failing * ErrorsAUser && errors >= failing;
}
