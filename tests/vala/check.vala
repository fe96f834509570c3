// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

delegate void CheckFunc () throws Error;

// A test that may throw.
void add_check (string path, owned CheckFunc func) {
	Test.add_data_func (path, () => {
		try {
			func ();
		} catch (Error error) {
			Test.message ("%s", error.message);
			Test.fail ();
		}
	});
}
