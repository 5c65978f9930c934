# Completion of gear in fish 3.4 and newer.
# Made by `python -m completions` from the command line itself: change that, or completions/templates.

# At which word of the line a command's own name stands, if it is the command on the line.  Options
# may stand before each of its words: those of a group take no value.
function __gear_place
    set -l words (commandline -opc)
    set -l place 1
    for wanted in $argv
        set place (math $place + 1)
        while string match -q -- '-*' "$words[$place]"
            set place (math $place + 1)
        end
        test "$words[$place]" = "$wanted"; or return
    end
    echo $place
end

# Whether these words are the command on the line; with -- at the end, whether its own command is still missing.
function __gear_at
    set -l command $argv
    test "$argv[-1]" = --; and set -e command[-1]
    set -l place (__gear_place $command); or return
    test "$argv[-1]" = --; or return 0
    set -l words (commandline -opc)
    set -e words[1..$place]
    for word in $words
        string match -q -- '-*' $word; or return
    end
    return 0
end

# Whether the word to be completed is an argument of a command: the first (1), or any from the first on (1+).
function __gear_argument
    __gear_at $argv[2..]; or return
    set -l before (count (__gear_arguments $argv[2..]))
    switch $argv[1]
        case '*+'
            test (math 1 + $before) -ge (string replace + '' -- $argv[1])
        case '*'
            test (math 1 + $before) -eq $argv[1]
    end
end

# The arguments of a command that stand on the line already.
function __gear_arguments
    set -l words (commandline -opc)
    set -e words[1..(__gear_place $argv)]
    set -l values (__gear_values "$argv")
    set -l arguments
    set -l waiting
    set -l dashes
    for word in $words
        if test -n "$waiting"
            set waiting
        else if test -n "$dashes"; or test "$word" = -; or not string match -q -- '-*' $word
            set -a arguments $word
        else if test "$word" = --
            set dashes 1
        else if string match -q -- '--*' $word
            contains -- $word $values; and set waiting 1
        else
            set -l letters (string split '' -- (string sub -s 2 -- $word))
            for i in (seq (count $letters))
                if contains -- -$letters[$i] $values
                    test $i -eq (count $letters); and set waiting 1
                    break
                end
            end
        end
    end
    test -n "$arguments"; and printf '%s\n' $arguments
    return 0
end

# Starts what answers for gear, without the quarter of its time that Python's module site takes.
set -g __gear_start '@START@'

# The Python that the first line of a script gear names: COMMAND FILE; none if it is anything else.
function __gear_python
    functions -q -- $argv[1]; and return 1
    test -f "$argv[2]" -a -r "$argv[2]"; and read -l line <$argv[2]; or return
    set -l python (string replace -rf '^#!(/\S*/python[0-9.]*)$' '$1' -- $line); or return
    test -x $python; and echo $python
end

# What gear knows: functions, handles, servers, contexts; each with what it is, and ended by a NUL.
# Fish takes a tab in a value for its end, so that values with one are left out.
function __gear_live
    set -l words (commandline -opc)
    set -l before
    if test $argv[1] = servers
        # What stands before the last comma of a list stays.
        set -l token (string replace -ra '[\'"]' '' -- (commandline -ct))
        set before (string match -r -- '^(?:--[^=]*=|-[^-]*?[sH])?(.*,)' $token)[2]
    end
    set -l gear $words[1]
    string match -qr '^(~|\$HOME)/' -- $gear; and set gear "$HOME"/(string split -m 1 / -- $gear)[2]
    # Fish says on the terminal what it cannot find or start, whatever the redirections.
    set -l file (command -s -- $gear)
    set -l helper /bin/sh -c 'exec "$0" "$@"' $file __complete
    functions -q -- $gear; and set helper $gear __complete
    or test -n "$file"; or return
    set -l python (__gear_python $gear "$file" 2>/dev/null)
    and set helper $python -I -S -c $__gear_start $file
    set -l pairs ($helper $argv[1] $words[2..] 2>/dev/null </dev/null | string split0)
    for i in (seq 1 2 (count $pairs))
        string match -q -- '*'\t'*' $pairs[$i]; and continue
        if test "$argv[2]" = plain; and not contains -- -- $words
            # A name like an option would be taken for one, unless it stands after --.
            string match -q -- '-*' $pairs[$i]; and continue
        end
        printf '%s\t%s\0' "$before$pairs[$i]" "$pairs[$(math $i + 1)]"
    end
end

# Files after a short option in the same word, which fish would take for a part of the name.
function __gear_attached
    set -l value (string replace -rf -- "^-[^-]*?$argv[1]" '' (commandline -ct)); or return
    complete -C "'' $value"
end

# What the command of a worker would be completed to if it stood alone.
function __gear_command
    set -l begun (__gear_arguments $argv)
    set -l line (string escape -- $begun) (commandline -ct)
    complete -C "$line"
end

complete -c gear -f

@OUTLINE@
